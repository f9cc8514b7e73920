import { runBundleCommand } from "../common/databricks/bundle.ts";
import { type BundleSummary, parseBundleSummary } from "../common/databricks/bundle-summary.ts";
import { debug, print } from "../common/pipeline/commands.ts";
import { Cancelled, UserError } from "../common/pipeline/errors.ts";
import { deployFailure } from "./failure.ts";
import type { Session } from "./sign-in.ts";

export interface DeploySettings extends Pick<Session, "bundle" | "metadataService"> {
  /** The workspace that the step's inputs name. */
  readonly stepHost: string | undefined;
  readonly cancel: AbortSignal;
  /** How long a cancelled deploy may go on to reach a safe point, in milliseconds. */
  readonly safePointMs: number;
}

/** A CLI that has not come for a token by then talks to a host that does not answer. */
const firstTokenWithinMs = 60_000;

/** Deploys the bundle with one run of the CLI, its output shown as it comes. Throws a UserError that explains a failure. */
export async function deployBundle(settings: DeploySettings): Promise<void> {
  const { bundle, cancel, metadataService } = settings;
  const lines: string[] = [];
  const silence = new AbortController();
  const timer = setTimeout(() => {
    if (metadataService.servedHosts.size === 0 && metadataService.refusedHosts.size === 0) silence.abort();
  }, firstTokenWithinMs);
  cancel.addEventListener("abort", () => print("Cancelled: the deployment may still reach a safe point."), {
    once: true,
  });
  try {
    const { exitCode } = await runBundleCommand(bundle, "deploy", {
      onLine: (line) => {
        print(line);
        lines.push(line);
      },
      stops: [
        { signal: cancel, afterMs: settings.safePointMs },
        { signal: silence.signal, afterMs: 0 },
      ],
    });
    if (cancel.aborted) throw new Cancelled();
    if (exitCode !== 0) throw deployFailure({ exitCode, lines, silent: silence.signal.aborted, ...settings });
  } finally {
    clearTimeout(timer);
  }
}

/** What is deployed now, with ids and URLs. */
export async function summariseBundle({ bundle, cancel }: DeploySettings): Promise<BundleSummary> {
  const lines: string[] = [];
  const { exitCode, stdout } = await runBundleCommand(bundle, "summary", {
    json: true,
    onLine: (line) => lines.push(line),
    stops: [{ signal: cancel, afterMs: 0 }],
  });
  if (cancel.aborted) throw new Cancelled();
  for (const line of lines) debug(line);
  if (exitCode !== 0) {
    throw new UserError(`The bundle is deployed, but "databricks bundle summary" failed: ${lines.join(" ")}`, {
      hint: "Run the step again: deploying an unchanged bundle changes nothing.",
      anchor: "deploy-failed",
    });
  }
  return parseBundleSummary(stdout);
}
