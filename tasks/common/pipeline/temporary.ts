import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as tl from "azure-pipelines-task-lib/task";

function agentTemporaryFolder(): string {
  return tl.getVariable("Agent.TempDirectory") ?? os.tmpdir();
}

/** A folder of this step's own (mode 0700, unguessable name) under Agent.TempDirectory; the caller removes it. */
export function createTemporaryFolder(): string {
  return fs.mkdtempSync(path.join(agentTemporaryFolder(), "databricks-step-"));
}

/** Writes a file that must outlive the step: the agent reads summaries later and empties the folder after the job. */
export function writeJobFile(name: string, content: string): string {
  const folder = fs.mkdtempSync(path.join(agentTemporaryFolder(), "databricks-"));
  const file = path.join(folder, name);
  fs.writeFileSync(file, content, { mode: 0o600 });
  return file;
}
