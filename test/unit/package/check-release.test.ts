import { expect, it } from "vitest";
import { parse } from "yaml";
import { version } from "../../../package.json";
import { type ReleaseFiles, readReleaseFiles, releaseFiles, releaseProblems } from "../../../scripts/check-release.ts";
import { read } from "./project.ts";

/** The project's files as they are for a release: its placeholders replaced, and the changelog with a section for it. */
function released(): ReleaseFiles {
  const entries = Object.entries(readReleaseFiles()).map(([file, text]) => [
    file,
    text
      .replaceAll("github.com/databricks-bundle-deploy/", "github.com/contoso/")
      .replaceAll("@databricks-bundle-deploy/maintainers", "@contoso/data-platform")
      .replaceAll("=databricks-bundle-deploy.", "=contoso.")
      .replaceAll('"publisher": "databricks-bundle-deploy"', '"publisher": "contoso"')
      .replaceAll('"author": "databricks-bundle-deploy"', '"author": "contoso"')
      .replace("## Unreleased", `## ${version}`),
  ]);
  return Object.fromEntries(entries) as ReleaseFiles;
}

it("lets a release be published whose placeholders are replaced", () => {
  expect(releaseProblems(released())).toEqual([]);
});

it.each([
  ["vss-extension.json", '"publisher": "contoso"', '"publisher": "databricks-bundle-deploy"', "publisher"],
  ["vss-extension.json", "github.com/contoso/", "github.com/databricks-bundle-deploy/", "repository"],
  ["tasks/DatabricksLogin/task.json", '"author": "contoso"', '"author": "somebody"', "author and helpUrl"],
  ["tasks/DatabricksBundleDeploy/task.json", '"helpUrl": "', '"helpUrl": "https://example.org/', "author and helpUrl"],
  [".github/CODEOWNERS", "@contoso/data-platform", "@databricks-bundle-deploy/maintainers", "team"],
  ["CHANGELOG.md", `## ${version}`, "## Unreleased", "section"],
])("refuses to publish while %s contains a placeholder: %s", (file, right, wrong, problem) => {
  const files = released();
  const text = files[file] ?? "";
  expect(text).toContain(right);
  const problems = releaseProblems({ ...files, [file]: text.replace(right, wrong) });
  expect(problems.join("\n")).toContain(file);
  expect(problems.join("\n")).toContain(problem);
});

it("reads every file in which the address of the repository, the publisher or the team stands", () => {
  expect(releaseFiles).toEqual(expect.arrayContaining(["vss-extension.json", ".github/CODEOWNERS"]));
});

it("runs in the publish stage, before anything is published", () => {
  const { stages } = parse(read("azure-pipelines.yml")) as {
    stages: { stage: string; jobs: { strategy?: { runOnce: { deploy: { steps: Record<string, unknown>[] } } } }[] }[];
  };
  const publish = stages.find(({ stage }) => stage === "publish");
  const steps = publish?.jobs[0]?.strategy?.runOnce.deploy.steps ?? [];
  const scripts = steps.map((step) => String(step["script"] ?? step["task"] ?? ""));
  const check = scripts.indexOf("npx --no-install tsx scripts/check-release.ts");
  expect(check).toBeGreaterThan(scripts.indexOf("npm ci"));
  expect(check).toBeLessThan(scripts.indexOf("AzureCLI@2"));
});
