import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { Lab } from "../../lab/lab.ts";

/** Writes a script that takes the CLI's place for one test; returns its path. */
export function writeScriptedCli(script: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "scripted-cli-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const cli = path.join(folder, "databricks");
  fs.writeFileSync(cli, `#!/bin/bash\n${script}`, { mode: 0o755 });
  return cli;
}

/** Writes a script that notes each start of the lab's CLI: `calls` with all arguments, `commands` with the first two. */
export async function writeNotedCli(lab: Lab): Promise<{ cli: string; commands(): string[]; calls(): string[] }> {
  const cli = writeScriptedCli(`echo "$*" >> "$(dirname "$0")/calls.log"\nexec '${await lab.programs.cli()}' "$@"\n`);
  const log = path.join(path.dirname(cli), "calls.log");
  const calls = () => fs.readFileSync(log, "utf8").trim().split("\n");
  return { cli, calls, commands: () => calls().map((call) => call.split(" ", 2).join(" ")) };
}

/**
 * Writes a script that deploys with the lab's CLI and reports as CLI 1.13 does: what became of each resource and the counts,
 * from a plan that the lab's CLI makes just before.
 */
export async function writeReportingCli(lab: Lab): Promise<string> {
  const cli = await lab.programs.cli();
  return writeScriptedCli(`[ "$2" = deploy ] || exec '${cli}' "$@"
words=("\${@:3}")
while [ \${#words[@]} -gt 0 ]; do
  case "\${words[0]}" in
    --log-file|--log-level|--log-format) words=("\${words[@]:1}") ;;
    --auto-approve|--force-lock|--fail-on-active-runs|--verbose) ;;
    *) given+=("\${words[0]}") ;;
  esac
  words=("\${words[@]:1}")
done
plan=$('${cli}' bundle plan "\${given[@]}" 2>/dev/null)
'${cli}' "$@" || exit $?
sed -nE -e 's/^(create|update|delete|recreate) /\\u\\1d /p' \\
  -e 's/^Plan: (.*) to add, (.*) to change, (.*) to delete/Resources: \\1 created, \\2 changed, \\3 deleted/p' <<< "$plan" >&2
`);
}
