import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { refuseIgnoredOverrides } from "../../../../tasks/DatabricksBundleDeploy/session/variable-overrides.ts";

type Declared = Parameters<typeof refuseIgnoredOverrides>[1];

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "variable-overrides-"));
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

function check(text: string, changed: Partial<Declared> = {}, set: Record<string, string> = {}): void {
  const file = path.join(folder, ".databricks", "bundle", "prod", "variable-overrides.json");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  const declared = { target: "prod", variables: ["region", "tags", "cluster"], lookups: ["cluster"], ...changed };
  refuseIgnoredOverrides(folder, declared, { set });
}

it("refuses a variable that the bundle does not declare", () => {
  expect(() => check('{"regoin": "emea", "tags": {}}')).toThrow(
    /variable-overrides\.json sets regoin, which the bundle does not declare\. Its declared variables: region, tags, cluster\.$/,
  );
});

it("refuses a variable that the CLI looks up, and for which it ignores the file", () => {
  const text = '{"region": "emea", "cluster": "0123-456789-abcdefgh"}';
  expect(() => check(text)).toThrow(
    /variable-overrides\.json sets cluster, which the bundle looks up in the workspace \(lookup\)\. The CLI would ignore/,
  );
  check(text, {}, { BUNDLE_VAR_cluster: "0123" });
});

it.each([
  ["declared variables", '{"region": "emea", "tags": {"a": 1}}', {}],
  ["no value for a variable that the CLI looks up", '{"cluster": null}', {}],
  ["another target", '{"regoin": "emea"}', { target: "dev" }],
  ["a bundle that could not be read", '{"regoin": "emea"}', { variables: undefined }],
  ["a file that is not JSON, which the CLI explains", "regoin=emea", {}],
])("accepts %s", (_, text, changed) => {
  check(text, changed);
});
