import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CaseResults } from "../../../scripts/case-results.ts";

interface Result {
  readonly name: string;
  readonly right: boolean;
}

let folder: string;
let results: CaseResults<Result>;

const wrong = { name: "deploy, workspace, 503", right: false };
const other = { name: "deploy, workspace, 504", right: true };

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "case-results-"));
  results = new CaseResults(path.join(folder, "results"), ({ name }) => name);
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

it("has no results before the first case has run", () => {
  expect(results.byName()).toEqual(new Map());
});

it("replaces the result and the log of a case that runs again, and keeps those of others", () => {
  results.add(wrong, "why it was wrong");
  results.add(other, undefined);
  const logFile = path.join(folder, "results/deploy-workspace-503.log");
  expect(fs.readFileSync(logFile, "utf8")).toBe("why it was wrong");

  const again = new CaseResults<Result>(path.join(folder, "results"), ({ name }) => name);
  const right = { ...wrong, right: true };
  again.add(right, undefined);
  expect([...again.byName().values()]).toEqual([right, other]);
  expect(fs.existsSync(logFile)).toBe(false);
});

it("removes all results and logs", () => {
  results.add(wrong, "why it was wrong");
  results.clear();
  expect(fs.readdirSync(folder)).toEqual([]);
  expect(results.byName().size).toBe(0);
});
