import { describe, expect, it } from "vitest";
import { waitWhileBusy } from "../../../tasks/DatabricksCliInstaller/while-busy.ts";

const file = "C:\\tools\\databricks.exe";

/** Waits on a clock of its own. */
function waiting(os: "linux" | "darwin" | "windows") {
  const record = { waitedMs: 0, printed: [] as string[] };
  const whileBusy = waitWhileBusy({ os }, undefined, {
    wait: async (ms) => {
      record.waitedMs += ms;
    },
    print: (line) => record.printed.push(line),
  });
  return { record, whileBusy };
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Fails this often, then succeeds. */
function busyFor(times: number, code = "EBUSY") {
  return (failures: number) => {
    if (failures < times) throw failure(code);
    return `done after ${failures}`;
  };
}

describe("Waiting for a busy file", () => {
  it.each(["EBUSY", "EPERM", "EACCES", "UNKNOWN"])("does the work again on Windows after %s", async (code) => {
    const { whileBusy } = waiting("windows");
    expect(await whileBusy(file, busyFor(3, code))).toBe("done after 3");
  });

  it("prints one line in a step, and none for the first second", async () => {
    const { whileBusy, record } = waiting("windows");
    await whileBusy(file, busyFor(5));
    expect(record).toEqual({ waitedMs: 750, printed: [] });
    await whileBusy(file, busyFor(10));
    await whileBusy(file, busyFor(10));
    expect(record.printed).toEqual([
      `  Waiting up to 30 s for ${file}: another program, such as a virus scanner, has it open (EBUSY).`,
    ]);
  });

  it("gives up with the last error after half a minute, which all files of a step share", async () => {
    const { whileBusy, record } = waiting("windows");
    await expect(whileBusy(file, busyFor(Number.POSITIVE_INFINITY))).rejects.toMatchObject({ code: "EBUSY" });
    expect(record.waitedMs).toBe(30_000);
    await expect(whileBusy(file, busyFor(1))).rejects.toMatchObject({ code: "EBUSY" });
    expect(record.waitedMs).toBe(30_000);
  });

  it("does not wait after other errors", async () => {
    const { whileBusy, record } = waiting("windows");
    await expect(whileBusy(file, busyFor(1, "ENOENT"))).rejects.toMatchObject({ code: "ENOENT" });
    expect(record.waitedMs).toBe(0);
  });

  it.each(["linux", "darwin"] as const)("does not wait on %s, where an open file stops nothing", async (os) => {
    const { whileBusy, record } = waiting(os);
    await expect(whileBusy(file, busyFor(1))).rejects.toMatchObject({ code: "EBUSY" });
    expect(record.waitedMs).toBe(0);
  });
});
