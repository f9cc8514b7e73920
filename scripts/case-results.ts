import fs from "node:fs";
import path from "node:path";

/**
 * What became of the cases of a test that takes hours, in a folder of its own: `results.jsonl` with a line for each result, and
 * the logs of some cases. A case that runs again replaces its result, so that a part of the cases can run without the others.
 */
export class CaseResults<Result> {
  readonly #folder: string;
  readonly #file: string;
  readonly #nameOf: (result: Result) => string;

  /** `nameOf` returns the name of a result's case, which is different for each case. */
  constructor(folder: string, nameOf: (result: Result) => string) {
    this.#folder = folder;
    this.#file = path.join(folder, "results.jsonl");
    this.#nameOf = nameOf;
  }

  /** The last result of each case, by the name of the case. */
  byName(): ReadonlyMap<string, Result> {
    const text = fs.existsSync(this.#file) ? fs.readFileSync(this.#file, "utf8") : "";
    const lines = text.split("\n").filter((line) => line !== "");
    const results = lines.map((line): Result => JSON.parse(line));
    return new Map(results.map((result) => [this.#nameOf(result), result]));
  }

  /** Records a result at once. `log` is written to a file; if it is undefined, the log of an earlier run is removed. */
  add(result: Result, log: string | undefined): void {
    fs.mkdirSync(this.#folder, { recursive: true });
    fs.appendFileSync(this.#file, `${JSON.stringify(result)}\n`);
    const logFile = path.join(this.#folder, `${this.#nameOf(result).replaceAll(/[ ,]+/g, "-")}.log`);
    if (log === undefined) fs.rmSync(logFile, { force: true });
    else fs.writeFileSync(logFile, log);
  }

  /** Removes all results and logs. */
  clear(): void {
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}
