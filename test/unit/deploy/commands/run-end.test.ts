import { describe, expect, it } from "vitest";
import { startedRun, verifiedEnd } from "../../../../tasks/DatabricksBundleDeploy/commands/run-end.ts";
import type { Step } from "../../../../tasks/DatabricksBundleDeploy/session/step.ts";

const host = "https://adb-1234567890123456.7.azuredatabricks.net";
const step = { address: () => ({ host, workspaceId: undefined }) };
const page = (job: number, run: number) => `${host}/jobs/${job}/runs/${run}`;
const update = (pipeline: string, id: string) => `${host}/#joblist/pipelines/${pipeline}/updates/${id}`;

describe("The run that the CLI has started", () => {
  const idOf = (urls: readonly string[], resource: string | undefined, script?: string) =>
    startedRun(step, { runUrls: urls, script }, resource)?.id;

  it("is one of its own resource", () => {
    expect(idOf([page(1, 10), update("p", "u"), page(2, 20)], "2")).toBe("20");
    expect(idOf([page(1, 10), update("o", "t"), update("p", "u")], "p")).toBe("u");
    expect(idOf([page(1, 10)], "2")).toBeUndefined();
    expect(idOf([page(1, 10)], undefined)).toBe("10");
  });

  it("is the first one, as messages of the run can name others", () => {
    expect(idOf([page(1, 10), page(1, 9)], "1")).toBe("10");
  });

  it("is the last one if a script of the bundle, which can name others too, has run before", () => {
    expect(idOf([page(1, 9), page(1, 10)], "1", "postinit")).toBe("10");
  });
});

describe("The end of a run that the workspace does not report", () => {
  it.each([
    ["a redirect", { status: 302, text: "", headers: {} }, "a redirect (302) instead of a response of the API"],
    ["an error", { status: 403, text: '{"message":"Forbidden"}', headers: {} }, "403: Forbidden"],
  ])("is unknown, with %s as the reason", async (_, answer, reason) => {
    const workspace = { host, http: { send: async () => answer }, token: async () => ({ value: "t" }) };
    const inputs = { noWait: false, cancelRuns: false };
    const busy = { ...step, inputs, workspace: () => workspace, cancel: new AbortController().signal };
    const run = startedRun(step, { runUrls: [page(1, 10)], script: undefined }, "1");
    const ended = { exitCode: 1, run, error: "", kind: "job" } as const;
    const message = `the workspace did not report how it ended (${reason})`;
    expect(await verifiedEnd(busy as unknown as Step, ended, () => {})).toEqual({ result: "UNKNOWN", message });
  });
});
