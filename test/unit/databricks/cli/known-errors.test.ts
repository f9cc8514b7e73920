import { describe, expect, it } from "vitest";
import { type LockTime, lockTime } from "../../../../tasks/common/databricks/cli/known-errors.ts";
import { cliFailures } from "../../../../tasks/common/failures/cli.ts";

describe("The holder of a deployment lock", () => {
  const acquiredAt = new Date("2026-11-23T20:15:01Z");

  it.each([
    "Error: deploy lock acquired by 1f2e at 2026-11-23 20:15:01.524210897 +0000 UTC.\nAnother deployment may be in progress. Use --force-lock to override",
    "Error: deploy lock acquired by 1f2e at 2026-11-23 22:15:01 +0200 CEST. Use --force-lock to override",
    "Error: deploy lock force-acquired by 1f2e at 2026-11-23 20:15:01.5 +0000 UTC.\nAnother",
    "Error: deploy lock force acquired by 1f2e at 2026-11-23 20:15:01.5 +0000 UTC. Use --force-lock to override",
  ])("finds the holder of the lock and its time in %j", (text) => {
    const { user, ...time } = (cliFailures["deploy-lock"].pattern.exec(text)?.groups ?? {}) as LockTime & {
      user?: string;
    };
    expect({ user, acquiredAt: lockTime(time) }).toEqual({ user: "1f2e", acquiredAt });
  });
});
