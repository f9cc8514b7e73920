import fs from "node:fs";
import { describe, expect, it } from "vitest";
import {
  addScript,
  type BundleFiles,
  bundleOf,
  errorInInclude,
  job,
  schemaAndPipeline,
  unicodeNames,
  wheel,
  writeFiles,
} from "../bundles/bundles.ts";
import { twoJobs } from "../bundles/two-jobs.ts";
import { exampleBundle } from "../harness.ts";
import { taskNodesWithCli } from "../nodes.ts";
import { compareBundle } from "./case.ts";

/** Bundles of the project, which the test compares as `npm run corpus` does with public ones. */
const bundles: Readonly<Record<string, BundleFiles>> = {
  "a schema and a pipeline": schemaAndPipeline,
  "two jobs, of which one runs the other": twoJobs("corpus"),
  "a wheel": wheel,
  "names in Unicode": unicodeNames,
  "an error and a warning in an included file": errorInInclude,
  "a variable that does not exist": bundleOf("odd", job("a", `\${var.missing}`)),
  "an unknown field": bundleOf("warned", `${job("a", "A")}\n    nonsense: 1`),
};
const all = ["validate", "deploy", "plan", "destroy"] as const;
/** Each comparison starts two labs and up to eight commands, on machines that can be busy. */
const patienceMs = 300_000;

describe.each(taskNodesWithCli)("The plain CLI and the task on $name", ({ path: node, cli }) => {
  it.each(Object.entries(bundles))(
    "do and show the same: %s",
    async (_, files) => {
      const write = (target: string) => {
        writeFiles(target, files);
        return target;
      };
      const { differences, plain } = await compareBundle({ cli, node }, { write, commands: all });
      expect(differences).toEqual([]);
      expect(plain.steps.length).toBeGreaterThan(0);
    },
    patienceMs,
  );

  it("do and show the same: the example bundle", { timeout: patienceMs }, async () => {
    const write = (target: string) => {
      fs.cpSync(exampleBundle, target, { recursive: true });
      return target;
    };
    const { differences, plain, task } = await compareBundle({ cli, node }, { write, commands: all });
    expect(differences).toEqual([]);
    expect(plain.steps.map(({ command }) => command)).toEqual(all);
    for (const { steps } of [plain, task]) expect(steps.every(({ succeeded }) => succeeded)).toBe(true);
    expect(plain.steps[1]?.changes).toContainEqual(expect.stringMatching(/^POST \S+\/jobs\/create .* → 200$/));
  });

  it("are found to differ if they print different warnings", { timeout: patienceMs }, async () => {
    const write = (target: string, { user }: { user: string }) => {
      writeFiles(target, bundleOf("unlike", job("a", "A")));
      addScript(target, `echo 'Warning: run by ${user.slice(0, 4)}' >&2; echo >&2`);
      return target;
    };
    const { differences } = await compareBundle({ cli, node }, { write, commands: ["validate"] });
    expect(differences).toContainEqual({
      command: "validate",
      kind: "diagnostic missing",
      detail: expect.stringMatching(/^warning: run by /),
    });
  });
});
