import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { flagProblem } from "../../../../tasks/common/databricks/cli/flag-problem.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "flag-problem-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe("The flags of a command", () => {
  /** What a program that does this reports. */
  function problemWith(script: string): Promise<string | undefined> {
    const executable = path.join(folder, "databricks");
    fs.writeFileSync(executable, script, { mode: 0o755 });
    const environment = { PATH: "/usr/bin:/bin" };
    const asked = { executable, environment, withinMs: 20_000, cancel: new AbortController().signal };
    return flagProblem(asked, "deploy", ["--select", "a b"]);
  }

  it("are only parsed: --help comes before all of them", async () => {
    const script = '#!/bin/sh\necho "Error: unknown flag: $1|$2|$3|$4|$5" >&2; exit 1\n';
    expect(await problemWith(script)).toBe("unknown flag: bundle|deploy|--help|--select|a b");
  });

  it.each([
    ["accepts them", "#!/bin/sh\necho 'Deploy bundle.'\n"],
    ["fails for another reason", "#!/bin/sh\necho \"Error: No such command 'bundle'.\" >&2; exit 2\n"],
    ["does not start", "#!/missing/interpreter\n"],
  ])("have no problem if the program %s", async (_, script) => {
    expect(await problemWith(script)).toBeUndefined();
  });
});
