import { describe, expect, it } from "vitest";
import { isOwnLock, mayHoldLock, releaseOwnLock } from "../../../../tasks/DatabricksBundleDeploy/lock/own.ts";
import { fileAnswer, missingAnswer, workspaceWith } from "../../fake-services.ts";
import { keepPrinted } from "../../printed.ts";
import { deploymentLock, lockText } from "../../sample-values.ts";

const attempt = { from: 1_000.061, until: 1_250.061, forced: false, failed: false };
const lock = { ...deploymentLock, user: "1F2E", acquiredAt: 1_000.07 };

it.each([
  ["its own", {}, true],
  ["its own, on a machine that stopped the CLI for a moment", { acquiredAt: 1_240 }, true],
  ["one that another job of the same service principal took just before", { acquiredAt: 1_000.06 }, false],
  ["one that another job of the same service principal took later", { acquiredAt: 1_250.1 }, false],
  ["one that another job took by force", { forced: true }, false],
  ["another user's", { user: "abcd" }, false],
  ["one without an owner", { user: "" }, false],
])("tells by user, kind and time whether the lock is this step's: %s", (_, difference, isOwn) => {
  expect(isOwnLock({ ...lock, ...difference }, attempt, "1f2e")).toBe(isOwn);
});

describe("The search for the own lock", () => {
  const printed = keepPrinted();

  const step = { identity: "1f2e", pipelineJob: {} } as Parameters<typeof releaseOwnLock>[0];
  let deleted = false;

  /** A workspace that has this lock. */
  function workspaceOf(found: Partial<typeof lock> | undefined) {
    deleted = false;
    return workspaceWith(async ({ url }) => {
      deleted ||= url.endsWith("/delete");
      return found ? fileAnswer(url, lockText({ ...lock, ...found })) : missingAnswer(url);
    });
  }

  /** What a step finds and does whose workspace has this lock. */
  async function search(found: Partial<typeof lock> | undefined, known: Parameters<typeof releaseOwnLock>[4]) {
    const isDone = await releaseOwnLock(step, workspaceOf(found), attempt, "/state", known);
    return { isDone, deleted };
  }
  const unknown = { id: undefined, mayFollow: false };

  it.each([
    ["is the own one", { acquiredAt: 1_001 }, unknown, { isDone: true, deleted: true }],
    ["has the known ID", { acquiredAt: 1_001 }, { id: "b1", mayFollow: true }, { isDone: true, deleted: true }],
    ["has another ID", { acquiredAt: 1_001 }, { id: "b2", mayFollow: false }, { isDone: true, deleted: false }],
    ["is another user's", { acquiredAt: 1_001, user: "abcd" }, unknown, { isDone: true, deleted: false }],
    [
      "can be the step's own, on a machine that was stopped for a while",
      { acquiredAt: 9_000 },
      unknown,
      { isDone: false, deleted: false },
    ],
    ["is not there", undefined, unknown, { isDone: true, deleted: false }],
    ["may still come", undefined, { id: undefined, mayFollow: true }, { isDone: false, deleted: false }],
    ["was there before", undefined, { id: "b1", mayFollow: true }, { isDone: true, deleted: false }],
  ])("keeps the note only as long as it may be needed: the lock %s", async (_, found, known, expected) => {
    expect(await search(found, known)).toEqual(expected);
    expect(printed().includes("Released the deployment lock.")).toBe(expected.deleted);
  });

  it.each([
    ["of the same user, since the CLI started", { acquiredAt: 9_000, forced: true }, true],
    ["of the same user, from before", { acquiredAt: 999 }, false],
    ["of another user", { acquiredAt: 9_000, user: "abcd" }, false],
    ["of nobody", { acquiredAt: 9_000, user: "" }, false],
    ["that may still come", undefined, true],
  ])("takes a lock for one that may be its own if the CLI's log is elsewhere: one %s", async (_, found, isPossible) => {
    expect(await mayHoldLock(step, workspaceOf(found), "/state", 1_000)).toBe(isPossible);
    const isThere = isPossible && found !== undefined;
    expect(printed().includes("If this step took the lock, the next deploy releases it.")).toBe(isThere);
    expect(deleted).toBe(false);
  });

  it("keeps the note if the workspace cannot be asked, and a deployment without a lock has none", async () => {
    expect(await mayHoldLock(step, undefined, "/state", 1_000)).toBe(true);
    expect(printed()).toContain("Could not check whether the deployment lock is still held.");
    expect(await mayHoldLock(step, undefined, undefined, 1_000)).toBe(false);
  });
});
