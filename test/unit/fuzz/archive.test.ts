import { describe, expect } from "vitest";
import { UserError } from "../../../tasks/common/pipeline/errors.ts";
import { readExecutable } from "../../../tasks/DatabricksCliInstaller/archive/extract.ts";
import { sha256, zip } from "../../e2e/installer/archives.ts";
import { bytes } from "./mutations.ts";
import { inTimeAsync, property } from "./property.ts";

const content = "#!/bin/sh\n".repeat(50);
const archives = await Promise.all([
  zip({ name: "LICENSE", content: "x" }, { name: "databricks", content }),
  zip({ name: "databricks", content, compress: false }, { name: "README.md", content: "# y" }),
]);

describe("Reading a damaged archive", () => {
  property("gives the executable as it was packed, or refuses the archive", bytes(archives), async (damaged) => {
    const archive = { name: "cli.zip", bytes: damaged, sha256: sha256(damaged) };
    try {
      const read = await inTimeAsync(() => readExecutable(archive, "databricks"));
      expect(read.toString()).toBe(content);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      expect(error.message).toMatch(/^Cannot extract cli\.zip: .+\.$/s);
      expect(error.cause).not.toBeInstanceOf(TypeError);
    }
  });
});
