import type { BundleSummary } from "../../common/databricks/cli/summary.ts";
import { print, setOutput } from "../../common/pipeline/commands.ts";

/**
 * An output becomes a variable in the environment of all later steps, and Windows allows 32,767 characters for one
 * (https://learn.microsoft.com/windows/win32/procthread/environment-variables). The rest is for its name.
 */
const mostCharacters = 32_000;

/** Sets the output `resourceIds`: a JSON object with the ID of each deployed resource by its key, such as jobs.nightly. */
export function setResourceIds({ resources }: Pick<BundleSummary, "resources">): void {
  const ids = resources.flatMap(({ type, key, id }) => (id === undefined ? [] : [[`${type}.${key}`, id]]));
  const json = JSON.stringify(Object.fromEntries(ids));
  if (json.length <= mostCharacters) setOutput("resourceIds", json);
  else
    print(
      `The output resourceIds is not set, because it is too long for a variable. The file of summaryPath has all IDs.`,
    );
}
