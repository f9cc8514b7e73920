import fs from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { signInPerson } from "../../lab/person.ts";
import { type BundleFiles, bundleOf, job } from "../bundles/bundles.ts";
import { taskNodesWithCli } from "../nodes.ts";
import type { Checkout } from "../steps/checkout.ts";
import { writeScriptedCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

const bundle: BundleFiles = {
  ...bundleOf("partly", job("only", "Only")),
  "src/one.txt": "one\n",
  "src/two.py": "print(2)\n",
  "data/deep/three.sql": "-- Databricks notebook source\nselect 3\n",
};
const importPath = /^\/api\/2\.0\/workspace-files\/import-file\//;

describe.each(taskNodesWithCli)("A deploy on a new agent, on $name", ({ path: node, cli }) => {
  const { lab, checkout, requests } = useLab(node, { cli });
  const root = (name = "partly") => `/Workspace/Users/${lab.deployer.clientId}/.bundle/${name}/prod`;

  /** Runs a step; gives it and the names of the bundle's files that it uploaded, sorted. */
  async function uploadsOf(run: Checkout["run"], inputs: Record<string, string> = {}, name?: string) {
    const [step, { workspace }] = await requests(() => run({ target: "prod", ...inputs }));
    const prefix = `${root(name)}/files/`;
    const uploaded = workspace
      .filter(({ method, path: url }) => method === "POST" && importPath.test(url))
      .map(({ path: url }) => decodeURIComponent(url.replace(importPath, "").replace(/\?.*/, "")).replace(/^\/*/, "/"))
      .filter((file) => file.startsWith(prefix))
      .map((file) => file.slice(prefix.length));
    // In a folder that is missing, the CLI tries twice.
    return { step, uploaded: [...new Set(uploaded)].sort() };
  }

  const deploy = async (files: BundleFiles, inputs?: Record<string, string>, name?: string) =>
    uploadsOf((await checkout(files)).run, inputs, name);
  const all = Object.keys(bundle).sort();

  it("uploads only the files that changed, and deletes those that the bundle has lost", async () => {
    const first = await deploy(bundle);
    expect(first.step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(first.uploaded).toEqual(all);
    const same = await deploy(bundle);
    expect(same.step.text).toContain("Files: 0 of 5 changed");
    expect(same.uploaded).toEqual([]);
    const { "src/one.txt": _, ...without } = bundle;
    const changed = await deploy({ ...without, "src/two.py": "print(3)\n", "new.txt": "new\n" });
    expect(changed.step.text).toContain("Files: 2 of 5 changed, 1 deleted");
    expect(changed.uploaded).toEqual(["new.txt", "src/two.py"]);
    expect(await lab.workspace.readFile(`${root()}/files/src/two.py`)).toBe("print(3)\n");
    expect(await lab.workspace.files()).not.toContain(`FILE ${root()}/files/src/one.txt`);
  });

  it("uploads what somebody has changed or deleted in the workspace", async () => {
    await deploy(bundle);
    const person = await signInPerson(lab);
    await person.writeFile(`${root()}/files/src/one.txt`, "two\n");
    await person.remove(`${root()}/files/data`);
    const next = await deploy(bundle);
    expect(next.uploaded).toEqual(["data/deep/three.sql", "src/one.txt"]);
    expect(next.step.text).toContain("Files: 2 of 5 changed");
    expect(await lab.workspace.readFile(`${root()}/files/src/one.txt`)).toBe("one\n");
  });

  it("uploads all files if incremental is false, and only changed ones after that", async () => {
    await deploy(bundle);
    expect((await deploy(bundle, { incremental: "false" })).uploaded).toEqual(all);
    expect((await deploy(bundle)).uploaded).toEqual([]);
  });

  it("uploads files that are dated 1970 too if it must upload all files", async () => {
    const dated = async (content: string) => {
      const { folder, run } = await checkout({ ...bundleOf("dated", job("a", "A")), "old.txt": content });
      fs.utimesSync(path.join(folder, "old.txt"), 0, 0);
      return run;
    };
    const inWorkspace = () => lab.workspace.readFile(`${root("dated")}/files/old.txt`);
    await uploadsOf(await dated("1\n"), {}, "dated");
    const { step } = await uploadsOf(await dated("2\n"), { incremental: "false" }, "dated");
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.text).toContain(
      "Uploading all files again, because the CLI does not upload files that are dated 1970, such as old.txt.",
    );
    expect(await inWorkspace()).toBe("2\n");
    const next = await uploadsOf(await dated("3\n"), {}, "dated");
    expect(next.uploaded).toEqual(["old.txt"]);
    expect(await inWorkspace()).toBe("3\n");
  });

  it("uploads only the rest after a deploy that failed when it had uploaded its files", async () => {
    await deploy(bundle);
    const changed = { ...bundleOf("partly", job("other", "Other")), "src/one.txt": "one\n", "src/two.py": "2\n" };
    const refused = lab.workspace.fault({ method: "POST", path: /jobs\/create/ }, { status: 400, body: {} });
    const failed = await deploy(changed);
    refused.release();
    expect(failed.step.result).toBe("Failed");
    expect(failed.uploaded).toEqual(["databricks.yml", "src/two.py"]);
    expect((await deploy(changed)).uploaded).toEqual([]);
  });

  it.each([
    ["what is kept cannot be read", { method: "GET", path: /export.*azure-pipelines\.files/ }, { status: 403 }],
    [
      "what is kept is not complete",
      { method: "GET", path: /export.*azure-pipelines\.files/ },
      { body: { content: "e30=" } },
    ],
    ["the workspace cannot be listed", { method: "GET", path: /workspace\/list/ }, { status: 403 }],
  ])("uploads all files, and says why, if %s", async (_, match, fault) => {
    await deploy(bundle);
    const placed = lab.workspace.fault(match, { ...fault }, 1);
    const { step, uploaded } = await deploy(bundle);
    placed.release();
    expect(placed.hits).toBe(1);
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.log).toContainEqual(expect.stringMatching(/All files are uploaded, because /));
    expect(uploaded).toEqual(all);
  });

  it("uploads all files if the last deploy could not keep what it uploaded", async () => {
    await deploy(bundle);
    const write = { method: "POST", path: "/api/2.0/workspace/import" };
    const refused = lab.workspace.fault(write, { status: 403 }, 10);
    const { step } = await deploy({ ...bundle, "src/one.txt": "1\n" });
    refused.release();
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.text).toContain("The next deploy uploads all files, because what was uploaded could not be recorded");
    const next = await deploy(bundle);
    expect(next.step.text).toContain("All files are uploaded, because another deployment has uploaded files since.");
    expect(next.uploaded).toEqual(all);
    expect((await deploy(bundle)).uploaded).toEqual([]);
  });

  it("uploads a file that a build replaces by an older one", async () => {
    const files = {
      ...bundleOf("built", job("a", "A"), "artifacts:\n  a:\n    build: sh ./build.sh\n"),
      "build.sh": "touch -d 2001-01-01 input.txt && cp -p input.txt output.txt\n",
      "input.txt": "first\n",
      "output.txt": "none\n",
    };
    await deploy(files);
    expect(await lab.workspace.readFile(`${root("built")}/files/output.txt`)).toBe("first\n");
    const { step } = await deploy({ ...files, "input.txt": "second\n", "output.txt": "first\n" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(await lab.workspace.readFile(`${root("built")}/files/output.txt`)).toBe("second\n");
  });

  it("uploads all files again if somebody changes one while it deploys", async () => {
    await deploy(bundle);
    const person = await signInPerson(lab);
    const held = lab.workspace.fault({ method: "POST", path: /import-file.*deployment\.json/ }, { hold: true });
    const deploying = deploy(bundle);
    await vi.waitFor(() => expect(held.hits).toBe(1), 30_000);
    await person.writeFile(`${root()}/files/src/one.txt`, "by hand\n");
    held.release();
    const { step } = await deploying;
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.text).toContain(
      "Uploading all files again, because src/one.txt changed while the bundle was deployed.",
    );
    expect(await lab.workspace.readFile(`${root()}/files/src/one.txt`)).toBe("one\n");
  });

  it("leaves what a later deploy has uploaded and kept, although it ends after it", async () => {
    const files = (content: string) => ({ ...bundleOf("late", job("a", "A")), "a.txt": content });
    await deploy(files("1\n"), {}, "late");
    const uploading = lab.workspace.fault({ method: "POST", path: /import-file.*deployment\.json/ }, { hold: true }, 1);
    const late = deploy(files("1\n"), {}, "late");
    await vi.waitFor(() => expect(uploading.hits).toBe(1), 30_000);
    // The state's folder was also listed before the upload.
    const held = lab.workspace.fault({ method: "GET", path: /workspace\/list\?path=.*state$/ }, { hold: true }, 1);
    uploading.release();
    await vi.waitFor(() => expect(held.hits).toBe(1), 30_000);
    const last = await deploy(files("2\n"), {}, "late");
    held.release();
    for (const { step } of [await late, last]) expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    const next = await deploy(files("2\n"), {}, "late");
    expect(next.step.text).toContain("Files: 0 of 3 changed");
    expect(await lab.workspace.readFile(`${root("late")}/files/a.txt`)).toBe("2\n");
  });

  it("recognizes folders that the bundle writes with a slash at the end", async () => {
    const own = `/Workspace/Users/${lab.deployer.clientId}/slashes`;
    const paths = `workspace:\n  file_path: ${own}/files/\n  state_path: ${own}/state/\n`;
    const files = bundleOf("slashes", job("a", "A"), paths);
    for (const counts of [undefined, "Files: 0 of 2 changed"]) {
      const step = await (await checkout(files)).run({ target: "prod" });
      expect(step).toMatchObject({ result: "Succeeded", issues: [] });
      expect(step.log.find((line) => line.startsWith("Files: "))).toBe(counts);
    }
    const { folder, run } = await checkout(files);
    fs.writeFileSync(path.join(folder, "src/step.py"), "# Databricks notebook source\nprint(2)\n");
    expect((await run({ target: "prod" })).text).toContain("Files: 1 of 2 changed");
    expect((await run({ target: "prod" })).text).toContain("Files: 0 of 2 changed");
  });

  it("recognizes files above the bundle's folder", async () => {
    const { folder, run } = await checkout(
      bundleOf("wide", job("a", "A"), "sync:\n  paths:\n    - .\n    - ../shared\n"),
    );
    const shared = path.join(folder, "../shared");
    fs.mkdirSync(shared);
    fs.writeFileSync(path.join(shared, "common.py"), "print(1)\n");
    const first = await uploadsOf(run, {}, "wide");
    expect(first.uploaded).toEqual(["bundle/databricks.yml", "bundle/src/step.py", "shared/common.py"]);
    fs.rmSync(path.join(folder, ".databricks"), { recursive: true });
    fs.writeFileSync(path.join(shared, "common.py"), "print(2)\n");
    expect((await uploadsOf(run, {}, "wide")).uploaded).toEqual(["shared/common.py"]);
    // For the CLI, they are above the folder to which the link leads.
    const link = path.join(folder, "../links/bundle");
    fs.mkdirSync(path.dirname(link));
    fs.symlinkSync(folder, link);
    expect((await uploadsOf(run, { workingDirectory: "links/bundle" }, "wide")).uploaded).toEqual([]);
  });

  it("tells files above the bundle's folder from those in it that have the same names and times", async () => {
    const files = bundleOf("mirrored", job("a", "A"), "sync:\n  paths:\n    - .\n    - ../shared\n");
    const { folder, run } = await checkout(files);
    const put = (name: string, content: string) => {
      const file = path.join(folder, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
      fs.utimesSync(file, 1_700_000_000, 1_700_000_000);
    };
    put("shared/common.py", "print(0)\n");
    put("../shared/common.py", "print(1)\n");
    await run({ target: "prod" });
    fs.rmSync(path.join(folder, ".databricks"), { recursive: true });
    put("../shared/common.py", "print(2)\n");
    expect((await uploadsOf(run, {}, "mirrored")).uploaded).toEqual(["shared/common.py"]);
    expect(await lab.workspace.readFile(`${root("mirrored")}/files/shared/common.py`)).toBe("print(2)\n");
  });

  it("reads only those files beside the state that the workspace lists, and that differ from what was kept", async () => {
    await deploy(bundle);
    const { run } = await checkout(bundle);
    await run({ target: "prod" });
    const [step, { workspace }] = await requests(() => run({ target: "prod" }));
    expect(step.text).toContain("Files: 0 of 5 changed");
    const first = workspace.findIndex(({ userAgent = "" }) => userAgent.startsWith("cli/"));
    const read = workspace.slice(0, first).flatMap(({ method, path: url }) => {
      const { pathname, searchParams } = new URL(url, "https://host");
      const name = searchParams.get("path")?.replace(`${root()}/`, "");
      return method === "GET" && name ? `${path.posix.basename(pathname)} ${name}` : [];
    });
    expect(read.sort()).toEqual([
      "export state/azure-pipelines.files.json",
      "export state/resources.json",
      "list files",
      "list files/data/deep",
      "list files/src",
      "list state",
    ]);
  });

  it("does not ask the CLI for the deployment's place on an agent that has deployed the bundle before", async () => {
    const { run, change } = await checkout(bundle);
    const askedFirst = async () => {
      const [step, { workspace }] = await requests(() => run({ target: "prod" }));
      expect(step.result).toBe("Succeeded");
      const commands = workspace.flatMap(({ userAgent = "" }) => /cmd\/(bundle_\w+)/.exec(userAgent)?.[1] ?? []);
      return commands[0];
    };
    expect(await askedFirst()).toBe("bundle_summary");
    expect(await askedFirst()).toBe("bundle_deploy");
    // The note is about other files, so the CLI is asked.
    change({ ...bundle, "databricks.yml": `${bundle["databricks.yml"]}# changed\n` });
    expect(await askedFirst()).toBe("bundle_summary");
  });

  it("uploads to the new place after the bundle's paths have changed on the same agent", async () => {
    const { run, change } = await checkout(bundle);
    await run({ target: "prod" });
    const elsewhere = `/Workspace/Users/${lab.deployer.clientId}/moved`;
    const moved = `${bundle["databricks.yml"]}workspace:\n  root_path: ${elsewhere}\n`;
    change({ ...bundle, "databricks.yml": moved });
    expect(await run({ target: "prod" })).toMatchObject({ result: "Succeeded", issues: [] });
    const files = (await lab.workspace.files()).filter((file) => file.includes(`${elsewhere}/files/`));
    expect(files).toHaveLength(5);
  });

  it("reports the progress of a long upload, and does not list the files", async () => {
    const slow = lab.workspace.fault({ method: "POST", path: /import-file.*slow\.txt/ }, { hold: true });
    const { run } = await checkout({ ...bundleOf("slow", job("a", "A")), "slow.txt": "slow\n" });
    // The upload goes on when its progress has been shown.
    const onLine = (line: string) => void (line === "Uploaded 2 of 3 files." && slow.release());
    const step = await run({ target: "prod" }, { onLine });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.log).toContain("Uploaded 2 of 3 files.");
    expect(step.text).not.toMatch(/Action: PUT|Uploaded slow\.txt|Initial Sync Complete/);
  });

  it("deploys with a CLI that does not know the flag for the progress", async () => {
    const real = await lab.programs.cli(cli);
    const refusing = writeScriptedCli(`case "$*" in
  *--verbose*) echo 'Error: unknown flag: --verbose' >&2; exit 1 ;;
  *) exec '${real}' "$@" ;;
esac
`);
    const { run } = await checkout(bundle, { agent: { cli: refusing } });
    expect(await run({ target: "prod" })).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("leaves a bundle with an immutable folder to the CLI", async () => {
    const files = bundleOf("frozen", job("a", "A"), "experimental:\n  immutable_folder: true\n");
    for (let attempt = 1; attempt <= 2; attempt++) {
      const { step, uploaded } = await deploy(files, {}, "frozen");
      expect(step).toMatchObject({ result: "Succeeded", issues: [] });
      expect(step.text).not.toMatch(/All files are uploaded|Files: /);
      expect(uploaded).toEqual([]);
    }
  });

  it("keeps names, hashes, types and times beside the bundle's state, and nothing after a destroy", async () => {
    const { run } = await checkout({ ...bundle, "secret.txt": "a secret that must not leave its file\n" });
    await run({ target: "prod" });
    const text = await lab.workspace.readFile(`${root()}/state/azure-pipelines.files.json`);
    const { files, ...rest } = JSON.parse(text);
    const names = ["about", "address", "deployment", "filePath", "host", "syncRoot", "upload", "version"];
    expect(Object.keys(rest).sort()).toEqual(names);
    expect(files["src/two.py"]).toEqual([
      "src/two.py",
      expect.stringMatching(/^[\w-]{43}$/),
      "FILE",
      expect.any(Number),
    ]);
    expect(files["data/deep/three.sql"]).toMatchObject({ 0: "data/deep/three", 2: "NOTEBOOK" });
    expect(text).not.toContain("must not leave");
    expect(await run({ target: "prod", command: "destroy", autoApprove: "true" })).toMatchObject({
      result: "Succeeded",
    });
    expect((await lab.workspace.files()).filter((file) => file.includes(root()))).toEqual([]);
  });
});
