import fs from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { parseDeploymentFile } from "../../../tasks/common/databricks/cli/deployment-file.ts";
import { parseResourceState, parseWriteAheadLog } from "../../../tasks/common/databricks/cli/resource-state.ts";
import {
  formatSyncSnapshot,
  parseSyncSnapshot,
  snapshotFile,
} from "../../../tasks/common/databricks/cli/sync-snapshot.ts";
import { bundleOf, job } from "../bundles/bundles.ts";
import { twoJobs } from "../bundles/two-jobs.ts";
import { taskNodesWithCli } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const bundle = { ...bundleOf("stored", job("only", "Only")), "src/text.txt": "text\n" };

/** If one of these fails with a new CLI, that CLI stores its local state in a form that the task must learn first. */
describe.each(taskNodesWithCli)("The local state of the CLI on $name", ({ path: node, cli }) => {
  const { lab, checkout } = useLab(node, { cli });

  it("has the members that the task reads and writes", async () => {
    const { run, folder } = await checkout(bundle);
    expect(await run({ target: "prod" })).toMatchObject({ result: "Succeeded", issues: [] });
    const local = path.join(folder, ".databricks/bundle/prod");
    const read = (...names: string[]) => fs.readFileSync(path.join(local, ...names), "utf8");
    const keys = (text: string) => Object.keys(JSON.parse(text)).sort();

    const deployment = read("deployment.json");
    expect(keys(deployment)).toEqual(["cli_version", "files", "id", "seq", "timestamp", "version"]);
    expect(parseDeploymentFile(deployment)).toMatchObject({
      sequence: 1,
      files: expect.arrayContaining(["databricks.yml", "src/step.py", "src/text.txt"]),
    });

    const [name = ""] = fs.readdirSync(path.join(local, "sync-snapshots"));
    const text = read("sync-snapshots", name);
    const snapshot = parseSyncSnapshot(text);
    if (snapshot === undefined) throw new Error(`The task does not know this snapshot:\n${text}`);
    const times = ["last_modified_times", "local_to_remote_names", "remote_to_local_names"];
    expect(keys(text)).toEqual(["host", "remote_path", "version", ...times].sort());
    expect(snapshot.host).toBe(lab.workspace.url);
    expect(snapshot.remotePath).toBe(`/Workspace/Users/${lab.deployer.clientId}/.bundle/stored/prod/files`);
    expect(snapshotFile(local, snapshot)).toBe(path.join(local, "sync-snapshots", name));
    expect(snapshot.files.get("src/step.py")).toEqual({
      remoteName: "src/step",
      modifiedAt: fs.statSync(path.join(folder, "src/step.py"), { bigint: true }).mtimeNs,
    });
    expect(parseSyncSnapshot(formatSyncSnapshot(snapshot))).toEqual(snapshot);

    const state = read("resources.json");
    expect(keys(state)).toEqual(["cli_version", "lineage", "serial", "state", "state_version"]);
    expect(parseResourceState(state)?.serial).toBe(1);
  });

  it.each([
    ["the state", "resources.json", '{"state_version": 2, "cli_'],
    ["the log of changes", "resources.json.wal", "\0\0\0\0"],
  ])("is removed and comes from the workspace if a kill has left %s incomplete", async (_, name, text) => {
    const before = (await lab.workspace.jobs()).map((one) => one.name);
    const { run, folder } = await checkout(twoJobs("torn"));
    const file = path.join(folder, ".databricks/bundle/prod", name);
    await run({ target: "prod" });
    const destroy = { command: "destroy", autoApprove: "true" };
    for (const inputs of [{}, { command: "plan" }, destroy] as Record<string, string>[]) {
      fs.writeFileSync(file, text);
      const step = await run({ target: "prod", ...inputs });
      expect(step).toMatchObject({ result: "Succeeded", issues: [] });
      expect(step.text).toContain(`Removed ${file} from this agent, because it is not complete.`);
      const names = (await lab.workspace.jobs()).map((one) => one.name).filter((one) => !before.includes(one));
      expect(names.toSorted()).toEqual(inputs === destroy ? [] : ["First", "Second"]);
    }
  });

  it("is the workspace's on a new agent, although the workspace tells the CLI once that it has none", async () => {
    const files = bundleOf("found", job("only", "Found once"));
    const jobs = async () => (await lab.workspace.jobs()).filter(({ name }) => name === "Found once");
    await (await checkout(files)).run({ target: "prod" });
    const before = await jobs();
    const stateRead = { method: "GET", path: /get-status\?.*resources\.json/, userAgent: /cmd\/bundle_deploy/ };
    const body = { error_code: "RESOURCE_DOES_NOT_EXIST", message: "It does not exist." };
    const missing = lab.workspace.fault(stateRead, { status: 404, body }, 1);
    const { run } = await checkout({ ...files, "new.txt": "new\n" });
    const step = await run({ target: "prod" });
    missing.release();
    expect(missing.hits).toBe(1);
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(await jobs()).toEqual(before);
    expect((await run({ target: "prod", command: "destroy", autoApprove: "true" })).result).toBe("Succeeded");
    expect(await jobs()).toEqual([]);
  });

  it("names a log that does not belong to the state, until a deploy removes it", async () => {
    const { run, folder } = await checkout(bundleOf("logs", job("only", "Only")));
    const local = (name: string) => path.join(folder, ".databricks/bundle/prod", name);
    await run({ target: "prod" });
    const state = parseResourceState(fs.readFileSync(local("resources.json"), "utf8"));
    const header = JSON.stringify({ ...state, state_version: 2, serial: 3 });
    const plan = { target: "prod", command: "plan" };
    fs.writeFileSync(local("resources.json.wal"), `${header}\n`);
    expect(await run(plan)).toMatchObject({ result: "Succeeded", issues: [] });
    fs.writeFileSync(
      local("resources.json.wal"),
      `${header}\n{"k":"resources.jobs.other","v":{"__id__":"17","state":{}}}\n`,
    );
    const refused = await run(plan);
    expect(refused.errors).toEqual([
      expect.stringMatching(/^This agent has the log of an interrupted deployment, .*: WAL serial \(3\) is ahead/),
    ]);
    for (const inputs of [{ target: "prod" }, plan]) {
      expect(await run(inputs)).toMatchObject({ result: "Succeeded", issues: [] });
    }
  });

  it("has a log of changes while a deployment runs", async () => {
    const { run, folder } = await checkout(twoJobs("logged"));
    const creation = { method: "POST", path: /^\/api\/2\.\d\/jobs\/create/ };
    lab.workspace.fault(creation, { delayMs: 1 });
    const held = lab.workspace.fault(creation, { hold: true });
    const deploying = run({ target: "prod" });
    await vi.waitFor(() => expect(held.hits).toBe(1), 30_000);
    const text = fs.readFileSync(path.join(folder, ".databricks/bundle/prod/resources.json.wal"), "utf8");
    held.release();
    expect((await deploying).result).toBe("Succeeded");
    const [header = "", change = ""] = text.split("\n");
    expect(Object.keys(JSON.parse(header)).sort()).toEqual(["cli_version", "lineage", "serial", "state_version"]);
    expect(JSON.parse(change)).toEqual({
      k: "resources.jobs.first",
      v: expect.objectContaining({ __id__: expect.any(String) }),
    });
    expect(parseWriteAheadLog(text)).toMatchObject({ becomes: { serial: 1 }, changes: 1, text });
  });
});
