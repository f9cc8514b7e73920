import type { SetupStep } from "../lab/lab.ts";
import type { OwnPipeline } from "./arguments.ts";

/** What to try after a run of the demo: first what this run did not show. */
export function nextSteps(own: OwnPipeline | undefined, missing: readonly SetupStep[]): string[] {
  const command = "npm run demo -- ";
  const steps = [
    ...(own ? [] : [["Run your own pipeline and bundle", `${command}--pipeline my.yml --folder my/repo`]]),
    ...(missing.length > 0
      ? []
      : [["See what a missing setup step looks like", `${command}--missing federated-credential`]]),
    ["Set up a real connection", "docs/setup.md"],
    ["Copy a pipeline", "docs/examples.md"],
    ["Replace scripts and other tasks", "docs/migrating.md"],
    ["Change the tasks", "CONTRIBUTING.md"],
  ];
  const width = Math.max(...steps.map(([what = ""]) => what.length));
  return steps.map(([what = "", where = ""]) => `${what.padEnd(width)}  ${where}`);
}
