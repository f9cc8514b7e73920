import type { Side, SideIssue, SideStep } from "./side.ts";

/** What can differ between the two sides. */
export const kinds = [
  "result",
  "change missing",
  "change added",
  "own change",
  "content missing",
  "content added",
  "diagnostic missing",
  "diagnostic repeated",
  "place missing",
  "line missing",
] as const;

export type DifferenceKind = (typeof kinds)[number];

export interface Difference {
  readonly command: string;
  readonly kind: DifferenceKind;
  readonly detail: string;
  /** The error with which the task's step ended. */
  readonly answer?: string;
}

/** A block of the CLI's output that begins with `Error: ` or `Warning: `. */
interface Block {
  readonly type: "error" | "warning";
  /** Its first line, without the severity. */
  readonly reason: string;
  /** Its places in files. */
  readonly places: readonly string[];
  /** All its lines, with its paths in the configuration. */
  readonly text: string;
}

/** Compares what the task did and showed with what the plain CLI did and printed. */
export function compareSides(plain: Side, task: Side): Difference[] {
  return plain.steps.flatMap((step, index) => {
    const other = task.steps[index];
    return other ? compareSteps(step, other) : [];
  });
}

function compareSteps(plain: SideStep, task: SideStep): Difference[] {
  const found: Difference[] = [];
  const answer = task.succeeded ? undefined : task.issues.findLast(({ type }) => type === "error")?.message;
  const note = (kind: DifferenceKind, detail: string) =>
    void found.push({ command: plain.command, kind, detail, ...(answer !== undefined && { answer }) });
  if (plain.succeeded !== task.succeeded) {
    const word = (isSuccess: boolean) => (isSuccess ? "succeeded" : "failed");
    const reason = task.issues.find(({ type }) => type === "error")?.message ?? lastLine(plain.lines);
    note("result", `the CLI ${word(plain.succeeded)}, the task ${word(task.succeeded)}: ${reason}`);
  }
  for (const change of notIn(plain.changes, task.changes)) note("change missing", change);
  for (const change of notIn(task.changes, plain.changes)) note("change added", change);
  for (const change of task.ownChanges.filter((one) => !isOwn(one))) note("own change", change);
  for (const object of notIn(plain.contents, task.contents)) note("content missing", object);
  for (const object of notIn(task.contents, plain.contents)) note("content added", object);
  for (const [kind, detail] of diagnosticDifferences(blocksIn(plain.lines), task)) note(kind, detail);
  for (const line of missingLines(plain.lines, task)) note("line missing", line);
  return found;
}

function lastLine(lines: readonly string[]): string {
  return lines.findLast((line) => line.trim() !== "") ?? "";
}

/** The members of `all` that are not in `others`, each as often as it is missing. */
function notIn(all: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return all.filter((one) => {
    const index = left.indexOf(one);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** The task's own files beside the state, and the folders that it creates for them and removes again if they stay empty. */
function isOwn(change: string): boolean {
  return /azure-pipelines\.|\/workspace\/mkdirs |\/workspace\/delete .*"recursive":false/.test(change);
}

function blocksIn(lines: readonly string[]): Block[] {
  return lines.flatMap((line, index) => {
    const [, kind, reason = ""] = /^(Error|Warning): (.+)$/.exec(line) ?? [];
    if (kind === undefined) return [];
    const rest = lines.slice(index + 1);
    const block = paragraph(rest);
    const places = block.flatMap((one) => /^ {2}(?:in| {3}) ?(\S+:\d+:\d+)$/.exec(one)?.[1] ?? []);
    // Two errors in the same place can differ only in what the CLI says of them below the place.
    const detail = places.length > 0 ? paragraph(rest.slice(block.length + 1)) : [];
    const text = [line, ...block, ...detail].join("\n");
    return [{ type: kind === "Error" ? "error" : "warning", reason, places, text }];
  });
}

/** The lines before the next empty one. */
function paragraph(lines: readonly string[]): readonly string[] {
  const end = lines.findIndex((line) => line.trim() === "");
  return lines.slice(0, end < 0 ? undefined : end);
}

/**
 * Each diagnostic of the CLI is one issue. The step's own error may repeat one of them as its reason, or explain one of them
 * in other words, below what the CLI printed.
 */
function diagnosticDifferences(blocks: readonly Block[], step: SideStep): [DifferenceKind, string][] {
  const distinct = new Map(blocks.map((block) => [block.text, block]));
  const all = [...distinct.values()];
  const explained = explainedBlock(all, step);
  return all.flatMap((block) => {
    const showing = showingIssues(block, step);
    const expected = all.filter(({ type, reason }) => type === block.type && reason.includes(block.reason)).length;
    const text = `${block.type}: ${block.reason}`;
    if (showing.length === 0) return block === explained ? [] : [["diagnostic missing", text]];
    const found: [DifferenceKind, string][] = [];
    if (showing.length > expected) found.push(["diagnostic repeated", `${text} (${showing.length} times)`]);
    if (showing.length < expected)
      found.push(["diagnostic missing", `${text} (${showing.length} of ${expected} times)`]);
    for (const place of block.places) {
      const line = Number(/:(\d+):\d+$/.exec(place)?.[1]);
      if (!showing.some((issue) => issue.line === line || issue.message.includes(place)))
        found.push(["place missing", `${place} of ${text}`]);
    }
    return found;
  });
}

/** Where the step's own error quotes the start and the end of a long error, an issue before it shows the whole. */
function showingIssues({ type, reason }: Block, { issues }: SideStep): SideIssue[] {
  const showing = issues.filter((issue) => issue.type === type && shows(issue, reason));
  const own = issues.at(-1);
  const isShortened = own !== undefined && shows(own, `${reason.replace(/[:;,.]+$/, "")} … `);
  return isShortened && showing.length > 1 ? showing.filter((issue) => issue !== own) : showing;
}

/** The error that the step's own, last issue explains without repeating it: the log shows it above. */
function explainedBlock(blocks: readonly Block[], step: SideStep): Block | undefined {
  const last = step.issues.at(-1);
  if (last?.type !== "error" || blocks.some(({ reason }) => shows(last, reason))) return undefined;
  return blocks.find(
    (block) =>
      block.type === "error" &&
      showingIssues(block, step).length === 0 &&
      step.lines.includes(`Error: ${block.reason}`),
  );
}

function shows({ message }: SideIssue, reason: string): boolean {
  return plainText(message).includes(plainText(reason));
}

/** Without what makes commands harmless, without spaces, and with names that the agent hides. */
function plainText(text: string): string {
  return text.replaceAll("##_", "##").replaceAll("[ME]", "***").replaceAll(/\s+/g, "");
}

/** A place of a diagnostic, which is compared with those of the issues. */
const place = /^ {2}( {3}|in |at )/;

/** How the CLI ends `validate`; the task prints one line in its place. */
const validation = /^(Name: |Target: |Workspace:| {2}(Host|User|Path): |Validation OK!|Found \d+ (error|warning))/;

/** Lines of the CLI that a user of the task does not find, neither in the log nor on the run page. */
function missingLines(lines: readonly string[], { command, lines: log, issues }: SideStep): string[] {
  const all = plainText([...log, ...issues.map(({ message }) => message)].join("\n"));
  return lines.filter((line) => {
    const text = plainText(line.replace(/^(Error|Warning): /, ""));
    const isReplaced = place.test(line) || (command === "validate" && validation.test(line));
    return text !== "" && !isReplaced && !all.includes(text);
  });
}
