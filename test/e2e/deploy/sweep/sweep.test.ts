import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { taskNodesWithCli } from "../../nodes.ts";
import { useLab } from "../../use-lab.ts";
import { runCase, type SweepCase } from "./case.ts";
import { moments, type Way, ways } from "./stops.ts";

/** The variable repeats the cases of another run. */
const { SWEEP_SEED: givenSeed } = process.env;
/** No fewer requests than a step makes that does not find anything to do. */
const latest = { deploy: 40, destroy: 25 } as const;
/**
 * The task has this time, in milliseconds, to copy what the CLI has done until then. What is lost with an agent in the moment
 * before such a copy is measured by `npm run sweep`.
 */
const waitMs = 5_000;
/** Each case starts several steps, on machines that can be busy. */
const patienceMs = 600_000;

describe.each(taskNodesWithCli)("A stopped step on $name", ({ path: node, cli }) => {
  const { lab } = useLab(node, { cli });
  const seed = Number(givenSeed ?? Math.trunc(Math.random() * 2 ** 31));

  it.concurrent.each(ways)(
    "by %s, at any request, leaves nothing that the next deploy does not put right",
    async (way) => {
      const [chosen] = fc.sample(caseOf(way), { seed, numRuns: 1 });
      if (chosen === undefined) throw new Error("No case was chosen.");
      const outcome = await runCase({ lab, node, cli }, chosen);
      console.log(`SWEEP_SEED=${seed}: ${JSON.stringify(chosen)} at ${outcome.request ?? "its end"}`);
      expect(outcome.faults, outcome.logs.join("\n\n")).toEqual([]);
    },
    patienceMs,
  );
});

function caseOf(way: Way): fc.Arbitrary<SweepCase> {
  return fc
    .record({ command: fc.constantFrom("deploy" as const, "destroy" as const), moment: fc.constantFrom(...moments) })
    .chain(({ command, moment }) =>
      fc.integer({ min: 1, max: latest[command] }).map((n) => ({ command, way, moment, n, waitMs })),
    );
}
