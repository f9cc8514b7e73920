import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { bundleOf, job } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const identity = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "protocol.file.allow=always"];

function git(folder: string, ...command: string[]): void {
  execFileSync("git", [...identity, ...command], { cwd: folder, stdio: "pipe" });
}

describe.each(taskNodes)("A bundle in a Git submodule on $name", ({ path: node }) => {
  const { checkout } = useLab(node);

  it("fails with the reason, and with the way out, which works", async () => {
    const { folder, job: current, run } = await checkout(bundleOf("module", job("a", "A")));
    const sources = path.dirname(folder);
    const origin = path.join(current.workingDirectory, "..", "origin");
    fs.renameSync(folder, origin);
    git(origin, "init", "--quiet");
    git(origin, "add", "--all");
    git(origin, "commit", "--quiet", "--message", "x");
    git(sources, "init", "--quiet");
    git(sources, "submodule", "--quiet", "add", origin, path.basename(folder));
    const step = await run();
    expect(step.result).toBe("Failed");
    expect(step.errors).toEqual([
      expect.stringMatching(
        /The Databricks CLI cannot read the Git data of the bundle's folder .*It does not support Git submodules/s,
      ),
    ]);
    expect(step.errors[0]).toContain(path.join(".git", "modules", "bundle"));

    fs.rmSync(path.join(folder, ".git"));
    const copied = await run();
    expect(copied.result, copied.text).toBe("Succeeded");
  });
});
