import fs from "node:fs";
import path from "node:path";
import type { Step } from "../../../../tasks/DatabricksBundleDeploy/session/step.ts";

/** A step whose CLI is a script in a folder; `changed` replaces members of the step. */
export function scriptedStep(folder: string, script: string, changed: object = {}): Step {
  const executable = path.join(folder, "databricks");
  fs.writeFileSync(executable, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return {
    inputs: { command: "deploy", arguments: [] },
    cli: { executable, folder, target: undefined, environment: { PATH: process.env["PATH"] } },
    cancel: new AbortController().signal,
    metadataService: { servedHosts: new Set(["https://h"]), refusedHosts: new Set(), lastFailure: () => undefined },
    cliVersion: { seen: () => "1.13.0" },
    declared: { host: undefined, hasPreinit: false },
    diagnostics: { report: () => undefined, reportUnplaced: () => undefined },
    ...changed,
  } as unknown as Step;
}
