import { print } from "../../common/pipeline/commands.ts";
import { formatDuration } from "../../common/pipeline/markdown.ts";
import type { Deployment } from "../commands/deploy.ts";
import type { Step } from "../session/step.ts";

const shownLinks = 50;

/** Shows in the log that the bundle is deployed, and links to its resources. A deploy with a problem ends with its error. */
export function printDeployment({ startedAt }: Pick<Step, "startedAt">, { summary, problem }: Deployment): void {
  if (problem) return;
  const duration = formatDuration(Date.now() - startedAt.getTime());
  print(`The bundle ${summary.name} is deployed to the target ${summary.target} (${duration}).`);
  const links = summary.resources.flatMap(({ type, key, id, url }) => (id && url ? [`  ${type}.${key}: ${url}`] : []));
  for (const link of links.slice(0, shownLinks)) print(link);
  if (links.length > shownLinks)
    print(`  and ${links.length - shownLinks} more, in the tab Extensions of the run page`);
}
