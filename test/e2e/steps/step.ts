import type { StepResult } from "../../lab/agent/agent.ts";

/** A step's result, with its log and its summary as one text each. */
export interface Step extends StepResult {
  /** All log lines. */
  readonly text: string;
  /** What the step shows on the run page; undefined without a summary. */
  readonly page: string | undefined;
}

/** The result of a step as tests read it. */
export function stepOf(result: StepResult): Step {
  return { ...result, text: result.log.join("\n"), page: result.summaries[0]?.content };
}
