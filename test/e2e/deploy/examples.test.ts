import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import type { Lab } from "../../lab/lab.ts";
import { newestNode } from "../nodes.ts";
import { useLab } from "../use-lab.ts";
import { exampleTools } from "./example-tools.ts";
import { bashBlock, type Example, examplePipelines, stepsOf } from "./examples.ts";
import { runExample } from "./run-example.ts";

// One Node version is enough for the pipelines. Other tests run the tasks on both.
describe("Examples of the documentation", () => {
  const { lab, startAgent } = useLab(newestNode.path, {
    prepare(started) {
      for (const clientId of federatedClients()) trust(started, clientId);
    },
  });

  // A first installation takes longer than a test may.
  beforeAll(async () => void (await exampleTools()));

  async function agentWithTools(): Promise<Agent> {
    const tools = await exampleTools();
    const cli = path.dirname(await lab.programs.cli());
    return startAgent({ environment: { ...tools.environment, PATH: `${cli}:${tools.path}:/usr/bin:/bin` } });
  }

  it.each(examplePipelines())("$title", { timeout: 180_000 }, async (example) => {
    await runExample(lab, await agentWithTools(), example);
  });

  it.each([
    { name: "build", command: "python -m build --wheel", needs: "hatchling", backend: "hatchling.build" },
    {
      name: "Poetry",
      command: "poetry build --format wheel",
      needs: "poetry-core",
      backend: "poetry.core.masonry.api",
    },
  ])("Python wheels, built with $name", { timeout: 180_000 }, async ({ command, needs, backend }) => {
    await runExample(lab, await agentWithTools(), exampleNamed("Python wheels"), {
      build: (content) => content.replace("uv build --wheel", command),
      change: (_file, text) => text.replace('"hatchling"', `"${needs}"`).replace("hatchling.build", backend),
    });
  });

  it("would notice an artifact that a stage publishes twice", async () => {
    const example = exampleNamed("Artifacts of a stage that runs again");
    const [plan, prod] = example.pipeline.stages ?? [];
    if (!plan || !prod) throw new Error("The example does not have two stages.");
    const again = { title: example.title, pipeline: { stages: [plan, plan, prod] } };
    await expect(runExample(lab, await agentWithTools(), again)).rejects.toThrow("Artifact plan-1 already exists.");
  });
});

function exampleNamed(title: string): Example {
  const example = examplePipelines().find((one) => one.title === title);
  if (!example) throw new Error(`There is no example ${title}.`);
  return example;
}

/** Creates the federation policy with the command of the page, for a Databricks service principal in the workspace. */
function trust({ workspace, federation, deployer }: Lab, clientId: string): void {
  const [, json = ""] = /--json '([\s\S]+)'/.exec(bashBlock("Workspaces on AWS and Google Cloud")) ?? [];
  const { oidc_policy: policy } = JSON.parse(json) as {
    oidc_policy: { issuer: string; subject: string; audiences: string[] };
  };
  expect(Object.keys(policy).sort()).toEqual(["audiences", "issuer", "subject"]);
  workspace.addMember(clientId);
  // The page cannot name the subject of the lab's connection.
  for (const audience of policy.audiences) federation.addPolicy({ ...deployer.federation, clientId, audience });
}

/** The application ids that examples with `authentication: databricks` sign in as. */
function federatedClients(): string[] {
  const steps = examplePipelines().flatMap(({ pipeline }) => stepsOf(pipeline));
  return steps.flatMap(({ inputs }) => (inputs?.["databricksClientId"] ? [String(inputs["databricksClientId"])] : []));
}
