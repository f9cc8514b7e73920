import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signInPerson } from "../../../lab/person.ts";
import { taskNodesWithCli } from "../../nodes.ts";
import { useLab } from "../../use-lab.ts";
import { rounds } from "./model.ts";
import { play } from "./play.ts";

/** The variable `INCREMENTAL_RUNS` asks for more sequences, and `INCREMENTAL_SEED` repeats the ones of another run. */
const { INCREMENTAL_RUNS: runs, INCREMENTAL_SEED: givenSeed } = process.env;
const usualRuns = 4;

describe.each(taskNodesWithCli)("Incremental files on $name", ({ path: node, cli }) => {
  const { lab, startAgent } = useLab(node, { cli });

  it("are always those of the bundle after a deploy, whatever happened before", async () => {
    const seed = Number(givenSeed ?? Math.trunc(Math.random() * 2 ** 31));
    console.log(`INCREMENTAL_SEED=${seed}`);
    const stage = {
      lab,
      agent: await startAgent(),
      person: await signInPerson(lab),
      cli: await lab.programs.cli(cli),
    };
    // To find the shortest sequence that fails takes many deploys: only where more of them were asked for.
    const parameters = { seed, numRuns: Number(runs ?? usualRuns), endOnFailure: runs === undefined };
    const details = await fc.check(
      fc.asyncProperty(rounds, (sequence) => play(stage, sequence)),
      parameters,
    );
    expect(details.failed ? `${await fc.asyncDefaultReportMessage(details)}\n${details.errorInstance}` : "").toBe("");
    expect(details.numRuns).toBe(parameters.numRuns);
  }, 3_600_000);
});
