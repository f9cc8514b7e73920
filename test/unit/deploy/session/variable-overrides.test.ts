import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { refuseUnknownOverrides } from "../../../../tasks/DatabricksBundleDeploy/session/variable-overrides.ts";

type Declared = Parameters<typeof refuseUnknownOverrides>[1];

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "variable-overrides-"));
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

function check(text: string, changed: Partial<Declared> = {}): void {
  const file = path.join(folder, ".databricks", "bundle", "prod", "variable-overrides.json");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  refuseUnknownOverrides(folder, { target: "prod", variables: ["region", "tags"], ...changed } as Declared);
}

it("refuses a variable that the bundle does not declare", () => {
  expect(() => check('{"regoin": "emea", "tags": {}}')).toThrow(
    /variable-overrides\.json sets regoin, which the bundle does not declare\. Its declared variables: region, tags\.$/,
  );
});

it.each([
  ["declared variables", '{"region": "emea", "tags": {"a": 1}}', {}],
  ["another target", '{"regoin": "emea"}', { target: "dev" }],
  ["a bundle that could not be read", '{"regoin": "emea"}', { variables: undefined }],
  ["a file that is not JSON, which the CLI explains", "regoin=emea", {}],
])("accepts %s", (_, text, changed) => {
  check(text, changed);
});
