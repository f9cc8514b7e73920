import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { bundleOf, job } from "../bundles/bundles.ts";
import { oldestNode } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

/** Makes a repository of a folder, with its HEAD at a commit and not at a branch, as after a checkout of Azure Pipelines. */
function makeDetachedRepository(folder: string): void {
  execFileSync("git", ["init", "--quiet"], { cwd: folder });
  fs.writeFileSync(path.join(folder, ".git", "HEAD"), `${commit}\n`);
}

describe.each([oldestNode])("A bundle target for one branch, on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);
  const files = bundleOf("branch", job("a", "For one branch"));
  const root = files["databricks.yml"]?.replace("mode: production", "mode: production\n    git:\n      branch: main");
  const bundle = { ...files, "databricks.yml": root ?? "" };

  /** Deploys to it from a job that builds this reference. */
  async function deployedFrom(ref: string, inputs: Record<string, string> = {}) {
    const variables = { "Build.SourceBranch": ref, "Build.SourceVersion": commit };
    const { run, folder } = await checkout(bundle, { job: { variables } });
    makeDetachedRepository(folder);
    return requests(() => run({ target: "prod", ...inputs }));
  }

  it.each(["refs/heads/feature", "refs/pull/12/merge"])("is not deployed from %s", async (ref) => {
    const [step, { workspace, entra }] = await deployedFrom(ref);
    expect(step.errors).toEqual([
      expect.stringMatching(
        /^The bundle target is only for the branch main \(git\.branch\), but this job builds .*--force/s,
      ),
    ]);
    expect([...workspace, ...entra]).toEqual([]);
  });

  it("is deployed from that branch, and from another one with --force", async () => {
    expect((await deployedFrom("refs/heads/main"))[0]).toMatchObject({ result: "Succeeded", issues: [] });
    const [forced] = await deployedFrom("refs/heads/feature", { arguments: "--force" });
    expect(forced).toMatchObject({ result: "Succeeded", issues: [] });
    expect((await lab.workspace.jobs()).map(({ name }) => name)).toContain("For one branch");
  });

  it("is deployed with a warning if its branch cannot be checked", async () => {
    const [step] = await deployedFrom("refs/tags/v1");
    expect(step.result).toBe("Succeeded");
    expect(step.warnings).toEqual([expect.stringMatching(/\(git\.branch: main\) was not checked/)]);
  });
});

describe.each([oldestNode])("What the CLI accepts silently in a bundle's files, on $name", ({ path: node }) => {
  const { checkout } = useLab(node);

  it("is a warning with its place", async () => {
    const more = "  prod:\n    mode: development\ninclude:\n  - ressources/*.yml\n";
    const { run } = await checkout(bundleOf("twice", job("a", "A"), more));
    const step = await run({ target: "prod", command: "validate" });
    expect(step.result).toBe("Succeeded");
    expect(step.issues).toEqual([
      expect.objectContaining({
        type: "warning",
        message: expect.stringMatching(/The key prod is here for a second time \(first in line 7\)/),
      }),
      expect.objectContaining({
        type: "warning",
        message: expect.stringMatching(/no file matches ressources\/\*\.yml/),
      }),
    ]);
  });
});
