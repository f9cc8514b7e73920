import fs from "node:fs";
import path from "node:path";
import type { Agent, Job, StepResult } from "../lab/agent/agent.ts";
import type { Lab } from "../lab/lab.ts";

/** A value that must not appear anywhere. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** A place where a secret could appear, and its content. */
export interface Trace {
  readonly where: string;
  readonly text: string;
}

export interface Watch {
  /** For `StepSettings.onStart`: starts to sample all processes that the step starts, and each file that it writes. */
  readonly onStart: (pid: number) => void;
  /** Ends the sampling, and returns what it saw. */
  stop(): Trace[];
}

/**
 * Samples the command lines and environments of what a step starts, and the files that it writes. The agent sets the step's
 * own environment, which is not sampled.
 */
export function watchStep(agent: Agent, sampleEveryMs = 4): Watch {
  const seen = new Map<string, Trace>();
  const files = new Map<string, string>();
  const note = (where: string, text: string) => void seen.set(`${where}\0${text}`, { where, text });
  let timer: NodeJS.Timeout | undefined;

  const sample = (step: number) => {
    const own = readProc(step, "cmdline");
    note("command line of the task", own);
    for (const pid of descendants(step)) {
      const command = readProc(pid, "cmdline");
      // Between fork and exec, a child process still shows its parent's memory.
      if (command === "" || command === own) continue;
      const name = command.split("\0").join(" ").trim();
      note(`command line of ${name}`, command);
      note(`environment of ${name}`, readProc(pid, "environ"));
    }
    for (const { where, text } of changedFiles(agent, files)) note(where, text);
  };

  return {
    onStart(pid) {
      clearInterval(timer);
      timer = setInterval(() => sample(pid), sampleEveryMs);
    },
    stop() {
      clearInterval(timer);
      for (const { where, text } of changedFiles(agent, files)) note(where, text);
      return [...seen.values()];
    },
  };
}

function descendants(pid: number): number[] {
  const children = readProc(pid, `task/${pid}/children`).trim().split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** Empty for a process that has ended. */
function readProc(pid: number, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}

/** Files of the agent's work, temp and home folders that are new or changed since the last call. */
function changedFiles(agent: Agent, known: Map<string, string>): Trace[] {
  const changed: Trace[] = [];
  for (const file of listFiles(agent.root)) {
    try {
      const { ino, size, mtimeMs, ctimeMs } = fs.statSync(file);
      const state = `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
      if (known.get(file) === state) continue;
      known.set(file, state);
      changed.push({ where: `file ${path.relative(agent.root, file)}`, text: fs.readFileSync(file, "latin1") });
    } catch {
      // The file was removed after it was listed.
    }
  }
  return changed;
}

/** What the agent itself keeps there. Steps must not change it. */
const notSearched = new Set(["externals", "_tasks", "_tool"]);

function listFiles(folder: string): string[] {
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return notSearched.has(entry.name) ? [] : listFiles(full);
    return entry.isFile() ? [full] : [];
  });
}

/** Everything that a step printed or passed to the agent, except the commands that hide a secret. */
export function stepTraces(step: StepResult, job: Job): Trace[] {
  const printed = [...step.raw.stdout, ...step.raw.stderr].filter((line) => !/##vso\[task\.setsecret/i.test(line));
  const published = job.variables.names().filter((name) => !job.variables.isSecret(name));
  return [
    { where: "output", text: printed.join("\n") },
    { where: "log", text: step.log.join("\n") },
    ...step.issues.map(({ message }) => ({ where: "issue", text: message })),
    ...step.summaries.map(({ name, content }) => ({ where: `summary ${name}`, text: content })),
    ...step.attachments.map(({ name, content }) => ({ where: `attachment ${name}`, text: content })),
    ...published.map((name) => ({ where: `variable ${name}`, text: job.variables.get(name) ?? "" })),
  ];
}

/** A value of several lines, whole and each line: programs print lines. */
export function linesOf(name: string, value: string): Secret[] {
  const lines = value.split("\n").filter((line) => line !== "");
  if (lines.length < 2) return [{ name, value }];
  return [{ name, value }, ...lines.map((line, index) => ({ name: `line ${index + 1} of ${name}`, value: line }))];
}

/** Every token that the lab has issued so far. */
export function issuedTokens(lab: Lab): Secret[] {
  return [
    ...lab.azureDevOps.issuedJobTokens.map((value) => ({ name: "job access token", value })),
    ...lab.azureDevOps.issued.map((value) => ({ name: "ID token", value })),
    ...lab.entra.issued.map((value) => ({ name: "access token", value })),
    ...lab.federation.issued.map((value) => ({ name: "token of the workspace", value })),
  ];
}

/** The places that contain a secret, its Base64 or its first 20 characters, for example `ID token (base64) in log`. */
export function findLeaks(secrets: readonly Secret[], traces: readonly Trace[]): string[] {
  const leaks = secrets.flatMap(({ name, value }) =>
    forms(value).flatMap(([form, text]) =>
      traces.filter((trace) => trace.text.includes(text)).map(({ where }) => `${name} (${form}) in ${where}`),
    ),
  );
  return [...new Set(leaks)];
}

function forms(value: string): [form: string, text: string][] {
  return [
    ["whole", value],
    ["start", value.slice(0, 20)],
    ...base64Forms(value).map((text): [string, string] => ["base64", text]),
  ];
}

/** Base64 and Base64url of a text at any position in what was encoded, for example after `user:` in Basic credentials. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.from(" ".repeat(offset) + value)
      .toString("base64")
      .replace(/=+$/, "");
    // The first and last characters also hold bits of the text before and after it.
    const inner = encoded.slice(Math.ceil((offset * 8) / 6), -1);
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
}
