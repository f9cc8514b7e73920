import { expect, it } from "vitest";
import { isOwnLock } from "../../../../tasks/DatabricksBundleDeploy/lock/own.ts";

const attempt = { from: 1_000.061, until: 1_250.061, forced: false, failed: false };
const lock = { id: "b1", user: "1F2E", acquiredAt: 1_000.07, forced: false };

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
