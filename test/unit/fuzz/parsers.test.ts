import { describe, expect } from "vitest";
import { parseDeploymentFile } from "../../../tasks/common/databricks/cli/deployment-file.ts";
import { countActions, parseBundlePlan, withConfigurationDigests } from "../../../tasks/common/databricks/cli/plan.ts";
import { parseResourceState, parseWriteAheadLog } from "../../../tasks/common/databricks/cli/resource-state.ts";
import { namedFiles, parseBundleSummary, placeOf } from "../../../tasks/common/databricks/cli/summary.ts";
import { formatSyncSnapshot, parseSyncSnapshot } from "../../../tasks/common/databricks/cli/sync-snapshot.ts";
import { tokenClaims } from "../../../tasks/common/identity/jwt.ts";
import { formatKeptFiles, parseKeptFiles } from "../../../tasks/DatabricksBundleDeploy/carried/kept-files.ts";
import { formatUnfinished, parseUnfinished } from "../../../tasks/DatabricksBundleDeploy/carried/unfinished.ts";
import { formatPlanFile, parsePlanFile, planDifferences } from "../../../tasks/DatabricksBundleDeploy/plan-file.ts";
import { checksumIn } from "../../../tasks/DatabricksCliInstaller/archive/checksums.ts";
import { tagsOfAdvertisement } from "../../../tasks/DatabricksCliInstaller/version/git-refs.ts";
import { jsonTexts, texts } from "./mutations.ts";
import { inTime, property } from "./property.ts";
import * as samples from "./samples.ts";

/** What a reader of the CLI's output throws for text that is not JSON, or no plan; every other error is a fault. */
function unlessNotJson<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    expect(String(error)).toMatch(
      /^Error: The Databricks CLI (did not print valid JSON|printed a plan in a form that is not known)\.$/,
    );
    return undefined;
  }
}

describe("Reading what the CLI prints as JSON", () => {
  property("gives a plan with known actions, or refuses it", jsonTexts(samples.plans), (text) => {
    inTime(() =>
      unlessNotJson(() => {
        const plan = parseBundlePlan(text);
        const { create, update, delete: deleted, unchanged } = countActions(plan.resources);
        expect(create + update + deleted + unchanged).toBeGreaterThanOrEqual(plan.resources.length);
        for (const { digest } of plan.resources) expect(digest ?? "0".repeat(64)).toMatch(/^[\da-f]{64}$/);
      }),
    );
  });

  property(
    "gives a summary, the files that it names and its digests, or refuses it",
    jsonTexts(samples.summaries),
    (text) => {
      inTime(() =>
        unlessNotJson(() => {
          const summary = parseBundleSummary(text);
          placeOf(summary);
          for (const { relativePath } of namedFiles(summary)) expect(typeof relativePath).toBe("string");
          const plan = {
            engine: "terraform" as const,
            resources: [],
            notSelected: 0,
            deletesPresent: false,
            dataLosses: [],
          };
          withConfigurationDigests(plan, summary.resources);
        }),
      );
    },
  );
});

describe("Reading what the CLI and earlier steps keep", () => {
  property("gives a sync snapshot that is written as it was read, or nothing", jsonTexts(samples.snapshots), (text) => {
    const snapshot = inTime(() => parseSyncSnapshot(text));
    if (snapshot) expect(parseSyncSnapshot(formatSyncSnapshot(snapshot))).toEqual(snapshot);
  });

  property("gives a deployment file, or nothing", jsonTexts(samples.deploymentFiles), (text) => {
    const file = inTime(() => parseDeploymentFile(text));
    for (const name of file?.files ?? []) expect(typeof name).toBe("string");
  });

  property("gives a resource state, or nothing", jsonTexts(samples.states), (text) => {
    const state = inTime(() => parseResourceState(text));
    if (state) expect(typeof state.lineage + typeof state.serial).toBe("stringnumber");
  });

  property("gives the complete lines of a write-ahead log, or nothing", jsonTexts(samples.logs), (text) => {
    const log = inTime(() => parseWriteAheadLog(text));
    if (log) expect(text.startsWith(log.text) && log.text.endsWith("\n")).toBe(true);
  });

  property("gives kept files that are written as they were read, or nothing", jsonTexts(samples.keptFiles), (text) => {
    const kept = inTime(() => parseKeptFiles(text));
    if (kept) expect(parseKeptFiles(formatKeptFiles(kept))).toEqual(kept);
  });

  property(
    "gives an unfinished record that is written as it was read, or nothing",
    jsonTexts(samples.unfinished),
    (text) => {
      const record = inTime(() => parseUnfinished(text));
      if (record) expect(parseUnfinished(formatUnfinished(record))).toEqual(record);
    },
  );

  property("gives a plan file that does not differ from itself, or nothing", jsonTexts(samples.planFiles), (text) => {
    const plan = inTime(() => parsePlanFile(text));
    if (plan === undefined) return;
    expect(planDifferences(plan, plan)).toEqual([]);
    expect(typeof formatPlanFile(plan, (name) => name)).toBe("string");
  });
});

describe("Reading what servers answer", () => {
  property("gives only a complete SHA-256 from a list of checksums", texts(samples.checksums), (text) => {
    const found = inTime(() => checksumIn(text, samples.checkedFile));
    expect(found ?? "0".repeat(64)).toMatch(/^[\da-f]{64}$/);
    if (found !== undefined) expect(text.toLowerCase()).toContain(found);
  });

  property(
    "gives tags without line ends from a list of git refs, or nothing",
    texts(samples.refs, ["0000", "0001", "ffff"]),
    (text) => {
      const tags = inTime(() => tagsOfAdvertisement(text));
      if (tags !== "incomplete") for (const tag of tags ?? []) expect(tag).toMatch(/^[^\0\n^]+$/);
    },
  );

  property("gives a token's claims, or none", jsonTexts(samples.claims), (claims) => {
    const token = `e30.${Buffer.from(claims).toString("base64url")}.c2ln`;
    for (const value of Object.values(inTime(() => tokenClaims(token))))
      expect(typeof value).toMatch(/^(string|number|undefined)$/);
  });

  property("gives the claims of a damaged token, or none", texts(samples.tokens), (token) => {
    inTime(() => tokenClaims(token));
  });
});
