import { UserError } from "../../common/pipeline/errors.ts";

/** The one way to sign in that the step gives to the CLI. */
const ours = "metadata-service";

/**
 * `workspace.auth_type` in a bundle wins over everything that the CLI can be told from outside, so a bundle could sign in
 * as whoever else this machine knows (az, a machine's managed identity). Throws a UserError with the line to remove.
 */
export function refuseOtherAuthentication(authTypes: readonly (string | undefined)[]): void {
  const other = authTypes.find((authType) => authType !== undefined && authType !== ours);
  if (other !== undefined) throw otherAuthentication(other);
}

export function otherAuthentication(authType: string): UserError {
  return new UserError(
    `The bundle chooses its own authentication (${authType}) and so passes by the service connection.`,
    {
      hint: `Remove the line "auth_type: ${authType}" from workspace in the bundle. If it stands in another target, name the bundle target in the input target.`,
      section: "bundle-authentication",
    },
  );
}

/** The CLI ended well without a token of this step: whoever it was, it was not the service connection. */
export function otherIdentity(): UserError {
  return new UserError(
    "The CLI succeeded without asking for a token, so with an identity other than the connection's.",
    {
      hint: "Remove auth_type and other credentials from workspace in the bundle and the files that it includes.",
      section: "bundle-authentication",
    },
  );
}
