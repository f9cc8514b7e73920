import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  otherParameters,
  warnOfDeployedParameters,
} from "../../../../tasks/DatabricksBundleDeploy/commands/run-parameters.ts";

const job = (date: unknown, more = {}) => ({
  name: `job ${date}`,
  parameters: [{ name: "date", default: date }],
  tasks: [
    { task_key: "load", notebook_task: { notebook_path: `/${date}`, base_parameters: { day: date, region: "emea" } } },
    { task_key: "clean", spark_python_task: { python_file: "/clean.py", parameters: ["--date", date] } },
  ],
  ...more,
});
const line = (...options: string[]) => ({
  options: options.map((text) => ({ name: text.split("=", 1)[0] ?? "", value: text.slice(text.indexOf("=") + 1) })),
  arguments: [],
});

describe("The parameters of a deployment that differ from those of the bundle", () => {
  it("are those of the job and of its tasks, and the configuration of a pipeline", () => {
    expect(otherParameters(line(), job("2"), job("1"))).toEqual(["date", "load.day", "clean.1"]);
    expect(otherParameters(line(), job("1", { name: "renamed" }), job("1"))).toEqual([]);
    expect(otherParameters(line(), { configuration: { date: "2" } }, { configuration: { date: "1" } })).toEqual([
      "date",
    ]);
  });

  it("are none that the line itself sets", () => {
    expect(otherParameters(line("--params=region=emea,date=3"), job("2"), job("1"))).toEqual(["load.day", "clean.1"]);
    expect(otherParameters(line("--notebook-params=day=3"), job("2"), job("1"))).toEqual(["date"]);
    expect(otherParameters({ options: [], arguments: ["--date", "3"] }, job("2"), job("1"))).toEqual([]);
  });

  it("are the same whatever their type in YAML is, and none that only a deploy resolves", () => {
    expect(otherParameters(line(), job(1), job("1"))).toEqual([]);
    expect(otherParameters(line(), job("1"), { tasks: [] })).toEqual(["date"]);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the bundle
    expect(otherParameters(line(), job("${resources.jobs.other.id}"), job("1"))).toEqual([]);
    expect(otherParameters(line(), {}, {})).toEqual([]);
  });
});

it("A local state that cannot be read does not change the result of a run", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "run-parameters-"));
  try {
    fs.mkdirSync(path.join(folder, ".databricks/bundle/prod/resources.json"), { recursive: true });
    const cli = { executable: "", folder, target: "prod", environment: {} };
    expect(() => warnOfDeployedParameters({ cli }, "prod", [])).not.toThrow();
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
