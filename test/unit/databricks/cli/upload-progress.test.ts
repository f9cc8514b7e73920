import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cliOutput } from "../../../../tasks/common/databricks/cli/output.ts";
import { refusesToListUploads, withUploadProgress } from "../../../../tasks/common/databricks/cli/upload-progress.ts";

function outputWithProgress() {
  const shown: string[] = [];
  const reports: string[] = [];
  const inner = cliOutput({ onLine: (line) => shown.push(line), onDiagnostic: () => undefined });
  const output = withUploadProgress(inner, (uploaded, total, what) =>
    reports.push(`${uploaded} of ${total}${what === "files" ? "" : ` ${what}`}`),
  );
  return { output, shown, reports };
}

describe("The progress of an upload", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is reported every eight seconds, without the folders, and the list of files is not shown", () => {
    const { output, shown, reports } = outputWithProgress();
    output.line("Uploading bundle files to /x...", "stderr");
    output.line("Action: PUT: a.py, b.py, src/c.py, DELETE: old.py", "stdout");
    for (const line of ["Deleted old.py", "Uploaded src", "Uploaded a.py"]) output.line(line, "stdout");
    vi.advanceTimersByTime(8_000);
    output.line("Uploaded src/c.py", "stdout");
    vi.advanceTimersByTime(8_000);
    output.line("Uploaded b.py", "stdout");
    output.line("Initial Sync Complete", "stdout");
    vi.advanceTimersByTime(60_000);
    output.line("Deleted jobs.old", "stdout");
    output.end();
    expect(reports).toEqual(["1 of 3", "2 of 3"]);
    expect(shown).toEqual(["Uploading bundle files to /x...", "Deleted jobs.old"]);
    expect([...output.facts.report.actions]).toEqual([["jobs.old", "deleted"]]);
  });

  it("counts the files of a list that arrives in several lines", () => {
    const { output, reports } = outputWithProgress();
    output.line("Action: PUT: a.py, lon", "stdout");
    output.line("g.py, c.py", "stdout");
    output.line("Uploaded long.py", "stdout");
    vi.advanceTimersByTime(8_000);
    output.end();
    vi.advanceTimersByTime(60_000);
    expect(reports).toEqual(["1 of 3"]);
  });

  it("is reported for libraries too, until the files are uploaded", () => {
    const { output, shown, reports } = outputWithProgress();
    const uploaded = { at: 0, level: "INFO", message: "Upload succeeded" };
    output.record({ ...uploaded, message: "start" });
    for (const name of ["dist/a.whl", "dist/b.whl"]) output.line(`Uploading ${name}...`, "stderr");
    vi.advanceTimersByTime(8_000);
    output.record(uploaded);
    vi.advanceTimersByTime(8_000);
    output.record(uploaded);
    output.line("Uploading bundle files to /x...", "stderr");
    vi.advanceTimersByTime(60_000);
    expect(reports).toEqual(["0 of 2 libraries", "1 of 2 libraries"]);
    expect(shown).toEqual(["Uploading dist/a.whl...", "Uploading dist/b.whl...", "Uploading bundle files to /x..."]);
    output.line("Uploading again.whl...", "stderr");
    output.end();
    vi.advanceTimersByTime(60_000);
    expect(reports).toHaveLength(2);
  });

  it("is not reported for libraries if the CLI writes its log elsewhere", () => {
    const { output, reports } = outputWithProgress();
    output.line("Uploading dist/a.whl...", "stderr");
    vi.advanceTimersByTime(60_000);
    output.end();
    expect(reports).toEqual([]);
  });

  it("is not reported if nothing is uploaded", () => {
    const { output, shown, reports } = outputWithProgress();
    output.line("Initial Sync Complete", "stdout");
    output.line("Uploaded", "stdout");
    vi.advanceTimersByTime(60_000);
    expect(reports).toEqual([]);
    expect(shown).toEqual(["Uploaded"]);
  });

  it("is given up if the CLI does not know the flag", () => {
    expect(refusesToListUploads('"databricks bundle deploy" failed: unknown flag: --verbose')).toBe(true);
    expect(refusesToListUploads('"databricks bundle deploy" failed: unknown flag: --other')).toBe(false);
  });
});
