import type { SignInSetting } from "../../common/databricks/bundle/declared.ts";
import { cliFailures } from "../../common/failures/cli.ts";
import { knownError } from "../../common/failures/failure.ts";
import { print, warn } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";

/** The only way to sign in that the step gives to the CLI. */
const ours = "metadata-service";

/**
 * Throws a UserError with the line to remove if the bundle sets another `workspace.auth_type`. It takes precedence over all
 * other settings of the CLI, so a bundle could sign in with other credentials of this machine (az, managed identity).
 */
export function refuseOtherAuthentication(authTypes: readonly (string | undefined)[]): void {
  const other = authTypes.find((authType) => authType !== undefined && authType !== ours);
  if (other !== undefined) throw otherAuthentication(other);
}

export function otherAuthentication(authType: string): UserError {
  return knownError(cliFailures, "other-authentication", { authType });
}

const clientIds = new Set(["client_id", "azure_client_id"]);

/**
 * Prints the settings of a bundle that have no effect, because the step signs in as `clientId`: with a warning if they name
 * another identity.
 */
export function printUnusedSettings(settings: readonly SignInSetting[], clientId: string | undefined): void {
  const isClientId = ({ key }: SignInSetting) => clientId !== undefined && clientIds.has(key);
  for (const { key, value } of settings.filter(isClientId)) {
    if (value.toLowerCase() === clientId?.toLowerCase()) continue;
    warn(
      `The bundle's workspace.${key} is ${value}, but the step signs in as ${clientId}, the identity of the service connection. ` +
        `Remove ${key} from the bundle, or use the connection of that identity.`,
    );
  }
  const others = settings.filter((setting) => !isClientId(setting)).map(({ key }) => `workspace.${key}`);
  if (others.length === 0) return;
  print(`Not used from the bundle, because only the service connection is used to sign in: ${others.join(", ")}.`);
}

/** The CLI succeeded without a token of this step, so it did not use the service connection. */
export function otherIdentity(): UserError {
  return new UserError(
    "The CLI succeeded without asking for a token, so it used an identity other than the service connection.",
    {
      hint: "Remove auth_type and other credentials from workspace in the bundle and in the files that it includes.",
      section: "bundle-authentication",
    },
  );
}
