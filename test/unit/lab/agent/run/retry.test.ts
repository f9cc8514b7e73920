import { describe, expect, test } from "vitest";
import { messagesOf, print, runLines, runScript } from "../fixture.ts";

describe("retries", () => {
  const failOnce = "const fs = require('fs'); if (!fs.existsSync('tried')) { fs.writeFileSync('tried', ''); FAIL }";

  test.each([
    [
      "a failed result",
      print("##vso[task.complete result=Failed;]"),
      "encountered task failure, will retry (attempt #: 1 out of 2) after 1000 ms",
    ],
    ["an exit code", "process.exitCode = 1", "encountered exception, will retry (attempt #: 1 Exit code 1"],
  ])("%s is tried again", async (_what, fail, warning) => {
    const script = failOnce.replace("FAIL", fail);
    const result = await runScript(script, { step: { retryCountOnTaskFailure: 2 } });
    expect(result).toMatchObject({ result: "Succeeded", exitCode: 0 });
    expect(messagesOf(result)).toEqual([expect.stringContaining(`warning: RetryHelper ${warning}`)]);
  });

  test("a step that a failed command fails is not tried again", async () => {
    const result = await runLines(["##vso[task.complete]"], { step: { retryCountOnTaskFailure: 2 } });
    expect(result).toMatchObject({ result: "Failed" });
    expect(result.raw.stdout).toHaveLength(1);
  });
});
