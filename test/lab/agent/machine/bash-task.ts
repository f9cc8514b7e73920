import { createRequire } from "node:module";

const handler = { target: "bash.js" };

/** What the server sends for `bash:` in a pipeline, and for `- task: Bash@3` (task: BashV3, inline scripts only). */
const definition = {
  id: "6c731c3c-3c68-459a-a5c9-bde6e6595b5b",
  name: "Bash",
  friendlyName: "Bash",
  description: "Run a Bash script on macOS, Linux, or Windows",
  author: "Microsoft Corporation",
  helpMarkDown: "",
  version: { Major: 3, Minor: 0, Patch: 0 },
  inputs: [
    { name: "targetType", type: "radio", defaultValue: "filePath" },
    { name: "script", type: "multiLine", required: true },
    { name: "workingDirectory", type: "filePath", defaultValue: "" },
  ],
  execution: { Node24: handler, Node20_1: handler },
};

/**
 * The files of a task that runs a Bash script as the server's own does: with the task library, which removes inputs,
 * credentials and secrets from the environment that the script inherits, through a file in the temporary folder.
 */
export function bashTask(): Record<string, Uint8Array> {
  const library = createRequire(import.meta.url).resolve("azure-pipelines-task-lib/task");
  const files = { "task.json": JSON.stringify(definition), "bash.js": program(library) };
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));
}

function program(library: string): string {
  return `const fs = require("node:fs");
const path = require("node:path");
const { randomUUID } = require("node:crypto");
const tl = require(${JSON.stringify(library)});

async function run() {
  if (tl.getInput("targetType") !== "inline") throw new Error("Only inline scripts are emulated.");
  const script = tl.getInput("script", true);
  const cwd = tl.getPathInput("workingDirectory", true);
  console.log("Generating script.");
  const file = path.join(tl.getVariable("agent.tempDirectory"), randomUUID() + ".sh");
  fs.writeFileSync(file, script);
  console.log("========================== Starting Command Output ===========================");
  const bash = tl.tool(tl.which("bash", true)).arg(["--noprofile", "--norc", file]);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => bash.killChildProcess(signal));
  const streams = { outStream: process.stdout, errStream: process.stdout };
  const code = await bash.exec({ cwd, failOnStdErr: false, ignoreReturnCode: true, ...streams });
  if (code === 0) tl.setResult(tl.TaskResult.Succeeded, "", true);
  else tl.setResult(tl.TaskResult.Failed, "Bash exited with code '" + code + "'.", true);
}

run().catch((error) => tl.setResult(tl.TaskResult.Failed, error.message, true));
`;
}
