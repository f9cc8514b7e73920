import fc from "fast-check";
import { describe, expect, vi } from "vitest";
import { pageTitle } from "../../../tasks/common/databricks/workspace/call.ts";
import { readLock } from "../../../tasks/common/databricks/workspace/lock.ts";
import { readLockNotes } from "../../../tasks/common/databricks/workspace/lock-notes.ts";
import { entraFailures } from "../../../tasks/common/failures/entra.ts";
import type { KnownFailure } from "../../../tasks/common/failures/failure.ts";
import { workspaceFailures } from "../../../tasks/common/failures/workspace.ts";
import { entraRefusal, temporaryRefusal, unknownAnswer } from "../../../tasks/common/identity/entra-errors.ts";
import { UserError } from "../../../tasks/common/pipeline/errors.ts";
import { readServiceConnection } from "../../../tasks/common/pipeline/service-connection.ts";
import { answerText, serverMessage } from "../../../tasks/common/pipeline/service-errors.ts";
import { describeJob, describeLock } from "../../../tasks/DatabricksBundleDeploy/lock/text.ts";
import { fileAnswer, jsonAnswer, workspaceWith } from "../fake-services.ts";
import { jsonTexts, texts } from "./mutations.ts";
import { inTime, inTimeAsync, property } from "./property.ts";
import { answers, connectionData, connections, lockNotes, locks } from "./samples.ts";

const given: { authorization: string; data: Readonly<Record<string, string>> } = { authorization: "", data: {} };

vi.mock("azure-pipelines-task-lib/task", () => ({
  getEndpointAuthorization: () => JSON.parse(given.authorization),
  getEndpointDataParameter: (_: string, name: string) => given.data[name],
  getVariable: () => undefined,
  getVariables: () => [],
  setStdStream: () => undefined,
}));

describe("What services answer", () => {
  const client = { tenantId: "t", authority: "https://login.microsoftonline.com/" };
  const failures = Object.values<KnownFailure>({ ...entraFailures, ...workspaceFailures });

  property("becomes an error of a bounded length", jsonTexts(answers), (text) => {
    const message = inTime(() => serverMessage(text, ["message", "detail", "error"]));
    expect(message.length).toBeLessThanOrEqual(500);
    expect(inTime(() => answerText({ status: 400, headers: { "x-request-id": text } }, message)).length).toBeLessThan(
      700,
    );
    expect(inTime(() => pageTitle(text)).length).toBeLessThanOrEqual(200);
    for (const error of [inTime(() => entraRefusal(text, client)), inTime(() => unknownAnswer(text, message, client))])
      if (error !== undefined) expect(error.message.length).toBeLessThan(2_000);
    inTime(() => temporaryRefusal(text));
    for (const { pattern } of failures) inTime(() => pattern?.exec(text));
  });

  const workspace = (content: string) =>
    workspaceWith(async ({ url }) => {
      const list = { objects: [{ path: "/state/azure-pipelines.run-1.json" }] };
      return url.includes("/list") ? jsonAnswer(url, list) : fileAnswer(url, content);
    });

  property(
    "is a lock that can be described",
    jsonTexts(locks),
    async (text) => {
      const lock = await inTimeAsync(() => readLock(workspace(text), "/state"));
      expect(typeof (lock && describeLock(lock))).toBe("string");
    },
    300,
  );

  property(
    "is a note of a job that can be described, or none",
    jsonTexts(lockNotes),
    async (text) => {
      for (const { job, startedAt } of await inTimeAsync(() => readLockNotes(workspace(text), "/state"))) {
        expect(typeof describeJob(job)).toBe("string");
        expect(Number.isFinite(startedAt)).toBe(true);
      }
    },
    300,
  );
});

describe("A service connection", () => {
  const data = fc.record(
    Object.fromEntries(Object.entries(connectionData).map(([name, values]) => [name, texts(values)])),
  );

  property("is read, or refused", fc.tuple(jsonTexts(connections).filter(isJson), data), ([authorization, values]) => {
    given.authorization = authorization;
    given.data = values;
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      const { scheme } = inTime(() => readServiceConnection("5f0a"));
      expect(scheme).toMatch(
        /^(WorkloadIdentityFederation|ServicePrincipal(Secret|Certificate)|ManagedServiceIdentity)$/,
      );
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      expect(error.section).toBe("service-connection");
    } finally {
      write.mockRestore();
    }
  });
});

/** The agent passes on only JSON; the task library reports everything else. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
