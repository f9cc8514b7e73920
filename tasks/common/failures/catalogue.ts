import { cliFailures } from "./cli.ts";
import { entraFailures } from "./entra.ts";
import type { KnownFailure } from "./failure.ts";
import { idTokenFailures } from "./id-token.ts";
import { hostFailures, workspaceFailures } from "./workspace.ts";

const groups = { ...idTokenFailures, ...entraFailures, ...workspaceFailures, ...hostFailures, ...cliFailures };

export type FailureId = keyof typeof groups;

/** All known failures. docs/troubleshooting.md shows each in its section. */
export const catalogue: Readonly<Record<FailureId, KnownFailure>> = groups;
