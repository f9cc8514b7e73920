import { describe, expect, it } from "vitest";
import { type BundleFiles, bundleOf, job } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const bundle: BundleFiles = {
  ...bundleOf("partly", job("only", "Only")),
  "src/one.txt": "one\n",
  "src/two.py": "print(2)\n",
  "data/deep/three.sql": "-- Databricks notebook source\nselect 3\n",
};
const importPath = /^\/api\/2\.0\/workspace-files\/import-file\//;

describe.each(taskNodes)("A deploy on a new agent, on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);
  const root = () => `/Workspace/Users/${lab.deployer.clientId}/.bundle/partly/prod`;

  /** Deploys from a fresh checkout; gives the step and the names of the uploaded files of the bundle, sorted. */
  async function deploy(files: BundleFiles, inputs: Record<string, string> = {}) {
    const { run } = await checkout(files);
    const [step, { workspace }] = await requests(() => run({ target: "prod", ...inputs }));
    const imported = workspace
      .filter(({ method, path: url }) => method === "POST" && importPath.test(url))
      .map(({ path: url }) =>
        `/${decodeURIComponent(url.replace(importPath, "").replace(/\?.*/, ""))}`.replace("//", "/"),
      );
    const prefix = `${root()}/files/`;
    const uploaded = imported.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
    return { step, uploaded: uploaded.toSorted() };
  }

  it("uploads only the file that changed", async () => {
    const first = await deploy(bundle);
    expect(first.step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(first.uploaded).toHaveLength(5);
    const same = await deploy(bundle);
    expect(same.step.text).toContain("Files: 0 of 5 changed");
    expect(same.uploaded).toEqual([]);
    const changed = await deploy({ ...bundle, "src/two.py": "print(3)\n" });
    expect(changed.step.log).toContainEqual(expect.stringMatching(/Files: 1 of 5 changed/));
    expect(changed.uploaded).toEqual(["src/two.py"]);
    expect(await lab.workspace.readFile(`${root()}/files/src/two.py`)).toBe("print(3)\n");
  });
});
