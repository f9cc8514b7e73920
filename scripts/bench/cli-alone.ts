import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Lab } from "../../test/lab/lab.ts";
import { signInPerson } from "../../test/lab/person.ts";

const execute = promisify(execFile);

/**
 * Returns a function that runs a command of the CLI by itself, for a person who has signed in, in a bundle's folder: e.g.
 * `bundle deploy --target dev`. It gives the time in milliseconds; `more` is added to the environment.
 */
export async function cliAlone(lab: Lab) {
  const cli = await lab.programs.cli();
  const { environment } = await signInPerson(lab);
  return async (folder: string, command: string, more: Readonly<Record<string, string>> = {}): Promise<number> => {
    const env = { PATH: "/usr/bin:/bin", HOME: folder, ...environment(), ...more };
    const start = performance.now();
    await execute(cli, command.split(" "), { cwd: folder, env });
    return performance.now() - start;
  };
}
