import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../../scripts/project.ts";
import { catalogue, type FailureId } from "../../../tasks/common/failures/catalogue.ts";
import { cliFailures } from "../../../tasks/common/failures/cli.ts";
import { messageOf } from "../../../tasks/common/failures/failure.ts";
import { UserError } from "../../../tasks/common/pipeline/errors.ts";
import { labCases } from "../../e2e/failures/cases.ts";
import { samples } from "./samples.ts";
import { errorPattern } from "./texts.ts";

const ids = Object.keys(catalogue) as FailureId[];

/** The error that a sample throws or returns, as one text. */
async function errorOf(sample: () => unknown): Promise<{ readonly text: string; readonly id: string | undefined }> {
  let outcome: unknown;
  try {
    outcome = await sample();
  } catch (error) {
    outcome = error;
  }
  if (typeof outcome === "string") return { text: outcome, id: undefined };
  if (!(outcome instanceof UserError)) throw new Error(`This is not the error of a known failure: ${String(outcome)}`);
  return { text: `${outcome.message}\n${outcome.hint}`, id: outcome.failure };
}

describe("A known failure", () => {
  it.each(ids)("has a test with the packaged task, or a reason why only a sample causes it: %s", (id) => {
    const cause = labCases[id];
    if (typeof cause === "function") return;
    if ("because" in cause) expect(cause.because.length).toBeGreaterThan(10);
    else expect(fs.readFileSync(path.join(root, cause.file), "utf8")).toContain(`"${cause.title}"`);
  });

  it.each(ids)("is caused by its samples: %s", async (id) => {
    expect(samples[id].length).toBeGreaterThan(0);
    for (const sample of samples[id]) {
      const { text, id: actual } = await errorOf(sample);
      expect(actual ?? id, text).toBe(id);
      expect(text).toMatch(errorPattern(id));
      expect(text).not.toMatch(/\{\w+\}|undefined|\.\.\s|\.\.$/);
    }
  });

  it.each(ids)("has all facts in its error, and sentences that end: %s", async (id) => {
    const { action } = catalogue[id];
    expect(action).toMatch(/[.!](\{\w+\})?$/);
    expect(messageOf(catalogue[id])).not.toMatch(/\.\.$/);
    const isLiteral = `${messageOf(catalogue[id])} ${action}`.includes("…");
    for (const sample of samples[id]) {
      if (!isLiteral) expect((await errorOf(sample)).text).not.toContain("…");
    }
  });

  it.each(["denied-policy", "denied-secret-scope"] as const)("is found in time in a line of progress: %s", (id) => {
    const before = process.cpuUsage();
    expect(cliFailures[id].pattern.test("\r10 %".repeat(60_000))).toBe(false);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2_000);
  });
});
