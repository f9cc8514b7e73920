import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../../lab/lab.ts";
import { bundleJob, deployInputs, labAgent } from "../harness.ts";
import { findLeaks, issuedTokens, stepTraces, watchStep } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";

describe.each(taskNodes)("Tokens of a deploy on $name", ({ path: node }) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab(console.log);
  });

  afterAll(() => lab?.close());

  it("are in no command line, environment, file, log, summary or variable", async () => {
    const agent = await labAgent(lab, node);
    const job = await bundleJob(agent, lab);
    const watch = watchStep(agent);
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      name: "bundle",
      inputs: deployInputs(lab),
      onStart: watch.onStart,
    });
    const seen = watch.stop();
    expect(step.result).toBe("Succeeded");
    expect(seen.map(({ where }) => where)).toContainEqual(
      expect.stringMatching(/^environment of .*databricks bundle deploy/),
    );
    expect(seen.map(({ where }) => where)).toContainEqual(expect.stringMatching(/^file .*databrickscfg$/));

    const tokens = issuedTokens(lab);
    expect(new Set(tokens.map(({ name }) => name))).toEqual(new Set(["job access token", "ID token", "access token"]));
    expect(findLeaks(tokens, [...seen, ...stepTraces(step, job)])).toEqual([]);
    await agent.dispose();
  });
});
