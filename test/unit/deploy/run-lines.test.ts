import { describe, expect, it } from "vitest";
import type { InputReader } from "../../../tasks/common/pipeline/inputs.ts";
import { optionText, readRunLines } from "../../../tasks/DatabricksBundleDeploy/run-lines.ts";

/** What the task reads in these lines, and the problems that it reports. */
function read(...lines: string[]) {
  const problems: string[] = [];
  const reader: Partial<InputReader> = { lines: () => lines, problem: (_, problem) => problems.push(problem) };
  const read = readRunLines(reader as InputReader);
  return { lines: read.map(({ key, options, arguments: own }) => [key, options.map(optionText), own]), problems };
}

describe("A line of the input run", () => {
  it.each([
    ["nightly", [], []],
    ["nightly --params date=2026-01-31,b=c --params a=b=c", ["--params=date=2026-01-31,b=c", "--params=a=b=c"], []],
    ["nightly --params 'name=two words'", ["--params=name=two words"], []],
    ['nightly --params=text="it\'s" --restart', ["--params=text=it's", "--restart"], []],
    ["nightly --python-params -x --only a,b", ["--python-params=-x", "--only=a,b"], []],
    ["nightly --python-params=--verbose", ["--python-params=--verbose"], []],
    ["pipelines.p --refresh a --full-refresh b,c", ["--refresh=a", "--full-refresh=b,c"], []],
    ["p --full-refresh-all=true", ["--full-refresh-all=true"], []],
    ["p --refresh-all=false --validate-only", ["--refresh-all=false", "--validate-only"], []],
    ["nightly --pipeline-params full_refresh=true", ["--pipeline-params=full_refresh=true"], []],
    ["nightly -- --date 1 -t 'a b' --", [], ["--date", "1", "-t", "a b", "--"]],
    ["nightly --restart --", ["--restart"], []],
  ])("is a key with options and arguments: %s", (line, options, own) => {
    const [key] = line.split(" ", 1);
    expect(read(line)).toEqual({ lines: [[key, options, own]], problems: [] });
  });

  it.each([
    ["nightly,hourly", /^"nightly,hourly" contains a comma\. Write one key per line\.$/],
    ["- nightly", /^"-" is not a resource key such as nightly or jobs\.nightly\. Write one key per line/],
    ["--params a=b nightly", /^"--params" is not a resource key .* and its options after it\.$/],
    ["'my job'", /^"my job" is not a resource key/],
    ["''", /^"" is not a resource key/],
    ["nightly --params 'a=b", /^a quotation mark is not closed in "nightly --params 'a=b"\.$/],
    ["nightly hourly", /^nightly: "hourly" is not an option\. Write one key per line \(in YAML, after "run: \|"\)/],
    ["nightly --restart now", /^nightly: "now" is not an option\./],
    ["nightly --no-wait", /^nightly: --no-wait is not allowed: use the input noWait\.$/],
    ["nightly --no-wait=true", /^nightly: --no-wait is not allowed/],
    ["nightly --target=prod", /^nightly: --target is not allowed: use the input target\.$/],
    ["nightly -t", /^nightly: -t is not allowed: use the input target\.$/],
    ["nightly -o=json", /^nightly: -o is not allowed/],
    ["nightly -pDEFAULT", /^nightly: -p is not allowed/],
    ["nightly --var=a=b", /^nightly: --var is not allowed: use the input variables\.$/],
    ["nightly --debug", /^nightly: "--debug" is not an option of a run\. A run has --params, --only, /],
    ["nightly -x", /^nightly: "-x" is not an option of a run\./],
    ["nightly -params=a=b", /^nightly: -params begins with one dash: write --params\.$/],
    ["nightly \u2013params", /^nightly: "\u2013params" begins with a typographic dash\./],
    ["nightly --params", /^nightly: --params has no value\. If its value begins with "--", write --params=<value>\.$/],
    ["nightly --params= ", /^nightly: --params has no value/],
    ["nightly --only --restart", /^nightly: --only has no value/],
    ["nightly --params -- a", /^nightly: --params has no value/],
    ["nightly --params date", /^nightly: "date" after --params does not have the form name=value\.$/],
    [
      `nightly --params 'q="a"'`,
      /^nightly: the CLI removes quotation marks at the beginning and the end of "q="a""\. If/,
    ],
    [`nightly --sql-params '"q=""a"""'`, /^nightly: the CLI removes quotation marks/],
    ["nightly --pipeline-params full_refresh=maybe", /^nightly: --pipeline-params accepts only full_refresh=true or/],
    ["nightly --params date=$DATE", /^nightly: nothing replaces "\$DATE", because no shell reads these arguments\./],
    ["nightly --only %TASK%", /^nightly: nothing replaces "%TASK%"/],
    ["nightly -- --date $DATE", /^nightly: nothing replaces "\$DATE"/],
    ["p --refresh-all --validate-only", /^p: --refresh-all and --validate-only exclude each other\.$/],
    ["p --refresh a --full-refresh-all", /^p: --full-refresh-all and --refresh exclude each other\.$/],
  ])("is refused where the run could not be as it is meant: %s", (line, problem) => {
    expect(read(line).problems).toEqual([expect.stringMatching(problem)]);
  });

  it("has all its problems reported, and those of other lines", () => {
    expect(read("a --debug --params x", "b,c", "d").problems).toHaveLength(3);
  });
});
