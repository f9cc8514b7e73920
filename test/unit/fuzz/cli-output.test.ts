import fc from "fast-check";
import { describe, expect } from "vitest";
import { deployedActions } from "../../../tasks/common/databricks/cli/deployed.ts";
import { type Diagnostic, diagnosticReader, unplacedErrors } from "../../../tasks/common/databricks/cli/diagnostics.ts";
import {
  isLockFailure,
  parseLoggedLockAttempt,
  parseLogWarning,
} from "../../../tasks/common/databricks/cli/log-messages.ts";
import { type CliOutput, cliOutput } from "../../../tasks/common/databricks/cli/output.ts";
import { unknownSummary } from "../../../tasks/common/databricks/cli/summary.ts";
import { withUploadProgress } from "../../../tasks/common/databricks/cli/upload-progress.ts";
import { cliFailures } from "../../../tasks/common/failures/cli.ts";
import type { KnownFailure } from "../../../tasks/common/failures/failure.ts";
import { texts } from "./mutations.ts";
import { inTime, property } from "./property.ts";
import { cliLines } from "./samples.ts";

const pieces = [
  " pid=1",
  " id=",
  ": ",
  ". Config: ",
  "metadata_service_url=",
  "... (1 more bytes)",
  "Error: ",
  "  at ",
  "  in ",
];
const lines = texts(cliLines, pieces);
const outputs = texts([cliLines.join("\n"), cliLines.toReversed().join("\n")], [...pieces, ...cliLines]);
const streams = fc.infiniteStream(fc.constantFrom("stdout" as const, "stdout" as const, "stderr" as const));

/** Passes a text on as the CLI's lines. */
function feed(output: CliOutput, text: string, choices: Iterator<"stdout" | "stderr">): void {
  for (const line of text.split("\n")) output.line(line, choices.next().value);
  output.end();
}

describe("Reading the output of the CLI", () => {
  property("shows each line of stderr once, in its order within its block or outside of one", outputs, (text) => {
    const shown: string[] = [];
    const blocks: Diagnostic[] = [];
    inTime(() => {
      shown.length = 0;
      blocks.length = 0;
      const reader = diagnosticReader({
        onLine: (line) => shown.push(line),
        onUsage: (line) => shown.push(line),
        onDiagnostic(block) {
          blocks.push(block);
          shown.push(...block.lines);
        },
      });
      for (const line of text.split("\n")) reader.line(line);
      reader.end();
      unplacedErrors(blocks);
    });
    // Only blank lines, which separate blocks, are left out.
    const known = (list: readonly string[]) => list.filter((line) => line.trim() !== "");
    expect(known(shown)).toEqual(known(text.split("\n")));
    for (const { locations } of blocks)
      for (const { file, line } of locations)
        expect([file !== "", Number.isInteger(line) || line === Infinity]).toEqual([true, true]);
  });

  property("gives facts for any lines", fc.tuple(outputs, streams), ([text, choices]) => {
    const facts = inTime(() => {
      const output = cliOutput({ onLine: () => undefined, onDiagnostic: () => undefined });
      feed(output, text, choices);
      return output.facts;
    });
    expect(facts.errors.length).toBeLessThanOrEqual(100);
    for (const url of facts.runUrls) expect(new URL(url).protocol).toBe("https:");
    for (const [key, { id }] of facts.left) expect(key !== "" && typeof id === "string").toBe(true);
    deployedActions(facts, unknownSummary(undefined));
  });

  property("reads any single line", lines, (line) => {
    const output = cliOutput({ onLine: () => undefined, onDiagnostic: () => undefined });
    inTime(() => output.line(line.replaceAll("\n", " "), "stderr"));
    inTime(() => parseLogWarning(line));
    inTime(() => parseLoggedLockAttempt(line, 0));
    inTime(() => isLockFailure(line));
  });

  property("leaves out only the list of uploads", fc.tuple(outputs, streams), ([text, choices]) => {
    const shown: string[] = [];
    inTime(() => {
      const output = withUploadProgress(
        cliOutput({ onLine: (line) => shown.push(line), onDiagnostic: ({ lines }) => shown.push(...lines) }),
        () => undefined,
      );
      feed(output, text, choices);
    });
    for (const line of shown) expect(text).toContain(line.replace(/\. Config.*$|\.$/s, ""));
  });
});

describe("The patterns of known failures", () => {
  const failures = Object.entries(cliFailures as Readonly<Record<string, KnownFailure>>).flatMap(
    ([id, { pattern, seen }]) => (pattern === undefined ? [] : [{ id, pattern, seen }]),
  );
  // What a pattern requires, without its groups: the beginnings that are tried again and again.
  const parts = failures.flatMap(({ pattern, seen }) => [
    seen,
    ...pattern.source.split(/[\\()[\]{}|*+?^$]+/).filter((part) => part.length > 3),
  ]);

  property(
    "are searched in any text in time",
    texts(cliLines, parts),
    (text) => {
      for (const { id, pattern } of failures) {
        const found = inTime(() => pattern.exec(text));
        for (const value of Object.values(found?.groups ?? {}))
          expect([id, typeof value]).toEqual([id, expect.stringMatching(/string|undefined/)]);
      }
    },
    100,
  );
});
