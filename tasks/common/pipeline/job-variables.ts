import { Writable } from "node:stream";
import * as tl from "azure-pipelines-task-lib/task";

/** Variables of the job under the names that their authors wrote, which a variable's name in the environment hides. */
export function jobVariables(): tl.VariableInfo[] {
  // task-lib writes every value that it hands out to its debug output.
  tl.setStdStream(new Writable({ write: (_chunk, _encoding, done) => done() }));
  try {
    return tl.getVariables();
  } finally {
    tl.setStdStream(process.stdout);
  }
}

/** The name under which the agent writes a variable into a task's environment (agent: VarUtil.cs). */
export function environmentName(name: string): string {
  return name.replace(/[. ]/g, "_").toUpperCase();
}
