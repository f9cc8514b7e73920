import { bundleOf, job } from "../../test/e2e/bundles/bundles.ts";
import { taskNodes } from "../../test/e2e/nodes.ts";
import { startLabAgent } from "../../test/e2e/steps/agent.ts";
import { checkOut } from "../../test/e2e/steps/checkout.ts";
import type { Agent } from "../../test/lab/agent/agent.ts";
import { type Lab, startLab } from "../../test/lab/lab.ts";
import { smallest } from "./bundles.ts";
import { interleavedMedians } from "./measure.ts";
import { azureCli, createRecipe, type Recipe } from "./recipe.ts";
import { expectedRows, type Result } from "./results.ts";
import type { RowName } from "./rows.ts";

const rounds = 5;
const bundle = bundleOf("recipe", job("only", "Only"));

/** Measures what scripts in `AzureCLI@2` do today against the packaged deploy task; leaves it out if `az` cannot be installed. */
export async function benchToday(): Promise<Result[]> {
  const az = await azureCli().catch((error: unknown) => reasonOf(error));
  if (typeof az === "string") {
    const leftOut = `the Azure CLI cannot be installed: ${az}`;
    return expectedRows(["today"], taskNodes).map((row) => ({ ...row, leftOut }));
  }
  const lab = await startLab(console.log);
  const recipe = await createRecipe(lab, az.folder, bundle);
  try {
    return await compare(lab, recipe, `azure-cli ${az.version}`);
  } finally {
    recipe.remove();
    await lab.close();
  }
}

async function compare(lab: Lab, recipe: Recipe, azName: string): Promise<Result[]> {
  const agents: Agent[] = [];
  const ours: Record<string, () => Promise<number>> = {};
  try {
    for (const { name, path } of taskNodes) {
      const agent = await startLabAgent(lab, path);
      agents.push(agent);
      const { run } = await checkOut(agent, lab, smallest);
      const step = async (inputs?: Record<string, string>) => {
        const { durationMs, result, text } = await run(inputs);
        if (result !== "Succeeded") throw new Error(`A step ended in ${result}:\n${text}`);
        return durationMs;
      };
      ours[`deploy ${name}`] = () => step();
      ours[`validate ${name}`] = async () => (await step({ command: "validate" })) + (await step());
    }
    const today = {
      deploy: () => recipe.step("bundle deploy"),
      validate: () => recipe.step("bundle validate", "bundle deploy"),
      login: () => recipe.login("bundle deploy"),
    };
    return resultsOf(await interleavedMedians({ ...today, ...ours }, rounds), azName);
  } finally {
    for (const agent of agents) await agent.dispose();
  }
}

function resultsOf(medians: Readonly<Record<string, number>>, azName: string): Result[] {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  const result = (row: RowName, today: string, node: string, own: string): Result => {
    const [theirs = Number.NaN, ours = Number.NaN] = [medians[today], medians[`${own} ${node}`]];
    return { row, node, value: theirs / ours, detail: `${seconds(theirs)} with ${azName} against ${seconds(ours)}` };
  };
  return taskNodes.flatMap(({ name }) => [
    result("todayDeploy", "deploy", name, "deploy"),
    result("todayValidate", "validate", name, "validate"),
    result("todayLogin", "login", name, "deploy"),
  ]);
}

/** What pip reports as the error, or else the first line. */
function reasonOf(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split("\n");
  return lines.find((line) => line.startsWith("ERROR: ")) ?? lines[0] ?? "";
}
