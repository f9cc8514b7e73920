import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** A profile in the file of the CLI's profiles. */
export interface DefaultProfile {
  readonly name: string;
  readonly file: string;
}

/**
 * The profile that the CLI prefers to all variables for a bundle that sets neither a workspace nor a profile; undefined if there is
 * none (databricks/cli, cmd/root/bundle.go; `databricks auth switch` sets it).
 */
export function defaultProfile(environment: NodeJS.ProcessEnv, home = os.homedir()): DefaultProfile | undefined {
  const file = (environment["DATABRICKS_CONFIG_FILE"] || "~/.databrickscfg").replace(/^~/, () => home);
  const name = settingIn(readIfThere(path.resolve(file)), "__settings__", "default_profile");
  return name === undefined ? undefined : { name, file };
}

/** A setting in a section of an INI file; undefined if it is not there, or empty. */
function settingIn(text: string, section: string, key: string): string | undefined {
  let isInside = false;
  let value: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, header] = /^\s*\[([^\]]*)\]/.exec(line) ?? [];
    if (header !== undefined) isInside = header.trim() === section;
    const [, name, rest] = /^\s*([\w-]+)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (isInside && name === key) value = rest;
  }
  return value || undefined;
}

function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
