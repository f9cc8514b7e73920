import { expect, it } from "vitest";
import { lockHeld } from "../../../../tasks/DatabricksBundleDeploy/lock/held.ts";
import { deploymentLock, lockNote } from "../../sample-values.ts";

const lock = { ...deploymentLock, acquiredAt: Date.now() - 185 * 60_000 };
const locked = /^The deployment of this target has been locked by somebody since .*Z \(3 h 5 min ago\)\./;

it.each([
  [
    "an unknown one",
    undefined,
    /ago\)\.$/,
    /^If that deployment is still running, wait until it ends\. To let this step wait for it, set lockTimeoutInMinutes\. .*forceLock: true\.$/,
  ],
  [
    "a job that runs",
    { state: "active" } as const,
    /The job Deploy of the pipeline run 4711 \(nightly\) took the lock and is still running\.$/,
    /^Wait until it ends\. .*lockTimeoutInMinutes\. .*forceLock: true\. See https:\/\/dev\.azure\.com\/contoso\/.*buildId=4711/,
  ],
  [
    "a job of which nothing is known",
    { state: "unknown", reason: "Azure DevOps returned status 403: No." } as const,
    /took the lock\. It is unknown whether it is over: Azure DevOps returned status 403: No\.$/,
    /^If it is still running, .*lockTimeoutInMinutes\. If it is over, .*forceLock: true\. See https:/,
  ],
])("names the holder of a lock, and what to do: %s", (_, end, message, hint) => {
  const error = lockHeld({ lock, holder: end && { note: lockNote, end } }, false);
  expect(error.message).toMatch(locked);
  expect(error.message).toMatch(message);
  expect(error.hint).toMatch(hint);
  expect(error.section).toBe("deploy-lock");
});

it("does not advise to use force to a step that has used it", () => {
  expect(lockHeld({ lock, holder: undefined }, true).hint).toMatch(
    /^Another deployment took the lock in the meantime\./,
  );
});
