import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { taskNodes } from "../../test/e2e/nodes.ts";
import type { Growth } from "../../test/e2e/soak/growth.ts";
import type { SoakOutcome } from "../../test/e2e/soak/outcome.ts";
import { cliVersions } from "../../test/lab/databricks/build.ts";
import { root } from "../project.ts";
import { writeReliability } from "../reliability.ts";

export const soakParts = ["deploys", "together", "installers", "login"] as const;
export type SoakPart = (typeof soakParts)[number];

/** What a part found, kept in dist/soak until it runs again. */
export interface SoakResult {
  readonly part: SoakPart;
  /** The command that repeats it. */
  readonly command: string;
  readonly outcomes: readonly SoakOutcome[];
}

const folder = path.join(root, "dist/soak");

export function recordResult(result: SoakResult): void {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, `${result.part}.json`), JSON.stringify(result));
}

/** The last result of each part that has run. */
export function recordedResults(): SoakResult[] {
  const files = soakParts.map((part) => path.join(folder, `${part}.json`));
  return files.filter((file) => fs.existsSync(file)).map((file) => JSON.parse(fs.readFileSync(file, "utf8")));
}

/** What ran, with how it ended, and how everything that was watched has grown. */
export function soakReport(results: readonly SoakResult[]): string {
  const done = results.flatMap(({ outcomes, command }) =>
    outcomes.map(({ done, faults }) => `- ${done}. ${verdict(faults)} \`${command}\``),
  );
  const rows = results.flatMap(({ part, outcomes }) =>
    outcomes.flatMap(({ growth }, index) =>
      growth.map((one) => row(outcomes.length > 1 ? `${part} ${index + 1}` : part, one)),
    ),
  );
  return [
    `On ${os.availableParallelism()} processor cores, with ${taskNodes.map(({ name }) => name).join(" and ")} and CLI ${cliVersions[0]}:`,
    "",
    ...done,
    "",
    "| Part | What | Second quarter | Last quarter | May grow | Result |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function verdict(faults: readonly string[]): string {
  if (faults.length === 0) return "Every result was right.";
  return faults.length === 1 ? "One result was wrong." : `${faults.length} results were wrong.`;
}

function row(part: string, { what, unit, early, late, limit, ok }: Growth): string {
  const figure = (value: number) => `${value.toLocaleString("en-US")}${unit === "" ? "" : ` ${unit}`}`;
  return `| ${part} | ${what} | ${figure(early)} | ${figure(late)} | ${limit} | ${ok ? "right" : "**grown**"} |`;
}

/** Replaces the section in docs/reliability.md. */
export function writeReport(results: readonly SoakResult[]): void {
  writeReliability("soak", "soak: npm run soak writes this section", soakReport(results));
}
