import { causeInWords, errorCode } from "../../pipeline/file-failure.ts";
import { parsedMembers, textOf } from "../../pipeline/json.ts";
import { shorten } from "../../pipeline/secrets.ts";
import { type Ended, probe, type Question } from "./probe.ts";

/** Why a program did not report the version of a Databricks CLI. */
export interface NoVersion {
  /** The exit code or signal, or the system's error if the program did not start. */
  readonly code: string;
  /** The line that shows that it is the legacy Databricks CLI; missing for every other program. */
  readonly legacy?: string;
  /** Completes a sentence about the program, such as "it ended with exit code 3: broken". */
  readonly words: string;
}

type Asked = Omit<Question, "arguments">;

/** Runs `version --output json`; returns the version that the program reports. Never throws. */
export async function askVersion(asked: Asked): Promise<string | NoVersion> {
  try {
    return await startVersion(asked);
  } catch (error) {
    return notStarted(error);
  }
}

/** The same, but throws the system's error for a program that does not start. */
export async function startVersion(asked: Asked): Promise<string | NoVersion> {
  const ended = await probe({ ...asked, arguments: ["version", "--output", "json"] });
  return (ended.code === 0 ? versionIn(ended.stdout) : undefined) ?? noVersion(ended, asked.withinMs);
}

/** Explains an error of the system that starts a program. */
export function notStarted(error: unknown): NoVersion {
  const code = errorCode(error) || "unknown";
  const text = error instanceof Error ? error.message : String(error);
  return { code, words: `the system did not start it (${code}: ${startFailure(code) ?? text})` };
}

/** For a file that exists, the missing one is what the system needs to start it. */
function startFailure(code: string): string | undefined {
  if (code === "ENOENT") return "its interpreter or program loader is not on this agent";
  if (code === "EINVAL") return "the system cannot run a file of this kind";
  if (code === "ENOEXEC")
    return "the system cannot run a file of this kind, which is probably built for another platform";
  if (code === "EACCES") return "access is denied, for example because its folder is mounted with noexec";
  return causeInWords(code);
}

/** What the Python package databricks-cli prints: in its own words, or in a stack trace of an incomplete installation. */
const legacyLine = /^.*(?:No such command ['"]?version\b|\bdatabricks_cli\b|^Version 0\.\d+\.\d+\s*$).*$/m;

function noVersion({ code, stdout, stderr }: Ended, withinMs: number): NoVersion {
  const text = tellingLine(code === 0 ? stdout : stderr || stdout);
  const legacy = legacyLine.exec(`${stderr}\n${stdout}`)?.[0].trim();
  return { code: String(code), words: endInWords(code, text, withinMs), ...(legacy ? { legacy } : {}) };
}

function endInWords(code: Ended["code"], text: string, withinMs: number): string {
  if (code === "timeout") return `it did not end within ${withinMs / 1000} seconds`;
  if (code === "too much output") return "it wrote more than 1 MB";
  const written = text === "" ? " and wrote nothing" : `: ${text}`;
  if (code === 0) return `it reported no version${written}`;
  return typeof code === "number" ? `it ended with exit code ${code}${written}` : `it was ended by ${code}${written}`;
}

/** Without the build data that may follow the version, such as 0.0.0-dev+6d41e9d. */
function versionIn(output: string): string | undefined {
  const version = textOf(parsedMembers(output)["Version"]) ?? "";
  return /^v?(\d+\.\d+\.\d+(?:-[\w.-]+)?)(?:\+\S*)?$/.exec(version)?.[1];
}

/** The first line, but the last one of a Python stack trace. */
function tellingLine(text: string): string {
  const lines = text.trim().split(/\r?\n/);
  const line = lines[0]?.startsWith("Traceback ") ? lines.at(-1) : lines[0];
  return shorten(line ?? "", 300);
}
