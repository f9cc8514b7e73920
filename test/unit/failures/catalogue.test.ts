import { describe, expect, it } from "vitest";
import { catalogue, type FailureId } from "../../../tasks/common/failures/catalogue.ts";
import { messageOf } from "../../../tasks/common/failures/failure.ts";
import { UserError } from "../../../tasks/common/pipeline/errors.ts";
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
});
