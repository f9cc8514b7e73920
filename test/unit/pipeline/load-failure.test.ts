import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { endOfLoad, loadFailureCommands } from "../../../tasks/common/pipeline/load-failure.ts";

endOfLoad();

describe("A failure while a task is loaded", () => {
  function errorOf(work: () => void): Error {
    try {
      work();
    } catch (error) {
      if (error instanceof Error) return error;
    }
    throw new Error("There was no error.");
  }

  it("is reported as a user error when the temporary folder cannot be written", () => {
    const error = errorOf(() => fs.writeFileSync("/dev/full", "key"));
    expect(loadFailureCommands(error, "/work/100%/_temp")).toMatch(
      /^##vso\[task\.logissue type=error;\]Cannot write to the agent's temporary folder \/work\/100%AZP25\/_temp: the disk is full \(ENOSPC\)\.%0AFree space on this disk\.%0AHelp: \S+#temporary-folder\n##vso\[task\.complete result=Failed;\]\n$/,
    );
  });

  it("is left to the library when it is not an error of a file", () => {
    expect(loadFailureCommands(new TypeError("a bug"), "/temp")).toBeUndefined();
  });
});

it("is watched for only until the task has been loaded", () => {
  expect(process.listeners("uncaughtException").map(({ name }) => name)).not.toContain("reportLoadFailure");
});
