import { parseWorkspaceAddress, type WorkspaceAddress } from "../databricks/workspace/address.ts";
import type { InputReader } from "../pipeline/inputs.ts";
import { quotedUrl } from "../pipeline/secrets.ts";

/** The inputs that decide how a step signs in, and to which workspace. */
export interface SignInInputs {
  /** ID of the service connection (GUID, lowercase). */
  readonly connectionId: string;
  /** `https://name`; undefined if the inputs do not name the workspace. */
  readonly host: string | undefined;
  /** Which of the workspaces at `host`; undefined if its name stands for one. */
  readonly workspaceId: string | undefined;
  /** Where the connection's ID token is exchanged: at Entra, or in the workspace itself. */
  readonly authentication: "entra" | "databricks";
  /** Application ID of the service principal that has the federation policy. */
  readonly databricksClientId: string | undefined;
}

/** Reads them. `workspaceUrl` is the value of that input, which not every task requires. */
export function readSignInInputs(reader: InputReader, workspaceUrl: string | undefined): SignInInputs {
  const inputs: SignInInputs = {
    connectionId: reader.required("connectedServiceNameARM", "azureSubscription").toLowerCase(),
    ...workspaceHost(reader, workspaceUrl),
    authentication: reader.oneOf("authentication", ["entra", "databricks"], "entra"),
    databricksClientId: reader.uuid("databricksClientId", "the application ID of a service principal"),
  };
  if (inputs.databricksClientId && inputs.authentication !== "databricks") {
    reader.problem(
      "databricksClientId",
      "can be used only with authentication: databricks. Select that, or clear this input.",
    );
  }
  return inputs;
}

/** The workspace that the inputs name; undefined if they name none. */
export function stepWorkspace({ host, workspaceId }: Pick<SignInInputs, "host" | "workspaceId">) {
  return host === undefined ? undefined : ({ host, workspaceId } satisfies WorkspaceAddress);
}

function workspaceHost(reader: InputReader, text: string | undefined): Pick<SignInInputs, "host" | "workspaceId"> {
  if (text === undefined) return { host: undefined, workspaceId: undefined };
  const address = parseWorkspaceAddress(text) ?? {
    problem: "is not an https address such as https://adb-1234567890123456.7.azuredatabricks.net",
  };
  if (!("problem" in address)) return address;
  reader.problem("workspaceUrl", `${quotedUrl(text)} ${address.problem}.`);
  return { host: undefined, workspaceId: undefined };
}
