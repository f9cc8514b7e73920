import { describe, expect, it } from "vitest";
import { parseDeploymentFile } from "../../../../tasks/common/databricks/cli/deployment-file.ts";

/** As the CLI 1.11 writes it. */
const written = {
  version: 1,
  seq: 4,
  cli_version: "1.11.0",
  timestamp: "2026-11-26T09:20:00.123456789Z",
  files: [{ local_path: "src/a.py", is_notebook: true }],
  id: "5f0a5a52-6bd4-4d5e-9a53-0a1b2c3d4e5f",
};

describe("A deployment.json of the CLI", () => {
  it("is read", () => {
    const { id, timestamp } = written;
    expect(parseDeploymentFile(JSON.stringify(written))).toEqual({ id, timestamp, sequence: 4, files: ["src/a.py"] });
  });

  it.each([
    ["of another version", { ...written, version: 2 }],
    ["without an ID", { ...written, id: undefined }],
    ["without a sequence number", { ...written, seq: "4" }],
    ["without a time", { ...written, timestamp: "" }],
  ])("%s is not read", (_, file) => {
    expect(parseDeploymentFile(JSON.stringify(file))).toBeUndefined();
  });
});
