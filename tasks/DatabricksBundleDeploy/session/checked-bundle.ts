import path from "node:path";
import { type Declared, readDeclared } from "../../common/databricks/bundle/declared.ts";
import { workingFolder } from "../../common/databricks/cli/run.ts";
import { logIssue } from "../../common/pipeline/commands.ts";
import { sourceCommit, sourceRef } from "../../common/pipeline/job.ts";
import type { DeployInputs } from "../inputs.ts";
import { printUnusedSettings, refuseOtherAuthentication } from "./bundle-authentication.ts";
import { refuseOrWarnOfBranch } from "./git-branch.ts";

/**
 * Reads what the bundle declares. Warns of what the CLI would accept silently; throws a UserError for what must not be
 * deployed. `clientId` is the step's service principal, if it is already known.
 */
export async function readBundleAndWarn(inputs: DeployInputs, clientId: string | undefined): Promise<Declared> {
  const folder = workingFolder(inputs.folder);
  const declared = await readDeclared(folder, inputs.target);
  refuseOtherAuthentication(declared.authTypes);
  printUnusedSettings(declared.signInSettings, clientId);
  for (const { text, file, line } of declared.mistakes) {
    // The agent finds a file in its repository by the path that the input names, which can contain links.
    const place = { file: path.resolve(inputs.folder, path.relative(folder, file)), line, column: 1 };
    logIssue("warning", text, place);
  }
  refuseOrWarnOfBranch(inputs, declared, { ref: sourceRef(), commit: sourceCommit() });
  return declared;
}
