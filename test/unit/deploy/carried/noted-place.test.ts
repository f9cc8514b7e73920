import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { notedPlace, notePlace } from "../../../../tasks/DatabricksBundleDeploy/carried/noted-place.ts";
import type { Step } from "../../../../tasks/DatabricksBundleDeploy/session/step.ts";

const place = { target: "eu/prod", rootPath: "/root", statePath: "/root/state", filePath: "/root/files", locks: true };

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "noted-place-"));
  fs.writeFileSync(path.join(folder, "databricks.yml"), "bundle:\n  name: demo\n");
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

/** A step on this agent, which keeps the CLI's local state in a folder of its own. */
function stepOf({ identityName = "deployer", variable = "1" } = {}): Step {
  const environment = { DATABRICKS_BUNDLE_TMP: path.join(folder, "state"), BUNDLE_VAR_pr: variable };
  const cli = { folder, executable: process.execPath, target: place.target, environment };
  const address = () => ({ host: "https://adb-1.7.azuredatabricks.net", workspaceId: undefined });
  return { cli, inputs: { arguments: [] }, identity: "1f2e3d4c", identityName, address } as unknown as Step;
}

const overrides = (text: string) => {
  const file = path.join(folder, ".databricks", "bundle", place.target, "variable-overrides.json");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
};

it("is used again by the next step, in an unchanged bundle", async () => {
  overrides('{"pr": "1"}');
  await notePlace(stepOf(), place);
  expect(await notedPlace(stepOf())).toEqual(place);
});

it.each<[string, () => Step]>([
  ["the service principal has another name, which paths can contain", () => stepOf({ identityName: "renamed" })],
  ["a variable has another value", () => stepOf({ variable: "2" })],
  [
    "variable-overrides.json has another value",
    () => {
      overrides('{"pr": "2"}');
      return stepOf();
    },
  ],
  [
    "a file of the bundle has changed",
    () => {
      fs.appendFileSync(path.join(folder, "databricks.yml"), "workspace:\n  root_path: /other\n");
      return stepOf();
    },
  ],
])("is not used if %s", async (_, change) => {
  overrides('{"pr": "1"}');
  await notePlace(stepOf(), place);
  expect(await notedPlace(change())).toBeUndefined();
});
