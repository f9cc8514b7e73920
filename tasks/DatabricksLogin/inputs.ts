import type { WorkspaceAddress } from "../common/databricks/workspace/address.ts";
import { inputReader } from "../common/pipeline/inputs.ts";
import { readSignInInputs, type SignInInputs, stepWorkspace } from "../common/sign-in/inputs.ts";

export interface LoginInputs extends SignInInputs {
  readonly workspace: WorkspaceAddress;
  /** Whether later steps can also sign in with OAuth client credentials. */
  readonly oauthClient: boolean;
}

/** Reads all inputs of the step; throws one UserError that names every problem. */
export function loadInputs(): LoginInputs {
  const reader = inputReader();
  const url = reader.required("workspaceUrl");
  const signIn = readSignInInputs(reader, url === "" ? undefined : url);
  const oauthClient = reader.flag("oauthClient");
  reader.finish();
  const workspace = stepWorkspace(signIn);
  if (workspace === undefined) throw new Error("workspaceUrl was read without a problem and without an address.");
  return Object.freeze({ ...signIn, workspace, oauthClient });
}
