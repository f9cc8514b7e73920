import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../../lab/lab.ts";
import { bundleOf, errorInInclude, injection, job, unicodeNames } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { errorsOf, withCheckout } from "./step.ts";

describe.each(taskNodes)("What a deploy shows on $name", ({ path: node }) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab(console.log);
  });

  afterAll(() => lab?.close());

  it("shows the CLI's diagnostics as issues, once, with their place in the repository", () =>
    withCheckout(lab, node, errorInInclude, async ({ run }) => {
      const step = await run({ command: "validate" });
      expect(step.result).toBe("Failed");
      const place = { sourcePath: "bundle/resources/jobs.yml" };
      expect(step.issues).toMatchObject([
        { type: "warning", message: expect.stringContaining("unknown field: nam"), ...place, line: 4, column: 7 },
        { type: "error", message: expect.stringContaining("same key"), ...place, line: 6 },
        {
          type: "error",
          message: expect.stringMatching(
            /"databricks bundle validate" failed \(exit code 1\)\.\sEach error stands above/,
          ),
        },
      ]);
      expect(step.log.filter((line) => line.includes("unknown field: nam"))).toHaveLength(1);
    }));

  it("shows a warning once, whatever number of commands give it", () =>
    withCheckout(lab, node, bundleOf("warned", `${job("a", "A")}\n    nonsense: 1`), async ({ run }) => {
      const step = await run();
      expect(step.result).toBe("Succeeded");
      expect(step.issues).toMatchObject([{ type: "warning", sourcePath: "bundle/databricks.yml" }]);
    }));

  it("streams output in order, while the deploy goes on", () =>
    withCheckout(
      lab,
      node,
      {
        ...bundleOf("slow", job("a", "A"), "experimental:\n  scripts:\n    predeploy: sh ./slow.sh\n"),
        "slow.sh": "for i in 1 2 3; do echo line $i; sleep 0.3; done\n",
      },
      async ({ run }) => {
        const times: number[] = [];
        await run({}, { onLine: (line) => void (/line \d$/.test(line) && times.push(Date.now())) });
        expect(times).toHaveLength(3);
        expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(300);
      },
    ));

  it("makes commands in output, names and values harmless", () =>
    withCheckout(lab, node, injection, async ({ run, job: { variables } }) => {
      lab.workspace.runs({ result: "FAILED", message: "##vso[task.setvariable variable=message]1" });
      const step = await run({ run: "nasty" });
      expect(step.result).toBe("Failed");
      const stolen = ["plain", "return", "split", "stderr", "issue", "stolen", "message"];
      expect(variables.names().filter((name) => stolen.includes(name.toLowerCase()))).toEqual([]);
      expect(step.log.filter((line) => /^##\[error\]coloured/.test(line))).toEqual([]);
      for (const name of ["plain", "return", "split", "stderr", "issue"]) {
        expect(step.log.join("\n")).toContain(`##_vso[task.setvariable variable=${name}]1`);
      }
      const set = step.raw.stdout.flatMap((line) => /##vso\[task\.setvariable\b[^\]]*/.exec(line)?.[0] ?? []);
      const names = set.map((command) => /variable=([^;]*)/.exec(command)?.[1]);
      expect(names.sort()).toEqual(["bundleName", "identity", "runUrls", "summaryPath", "target", "workspaceUrl"]);
      const commands = step.raw.stdout.filter((line) => line.includes("##vso["));
      expect(commands.filter((line) => !line.startsWith("##vso[task."))).toEqual([]);
      expect(step.raw.stderr).toEqual([]);
      for (const { message } of step.issues) expect(message).not.toContain("##vso[");

      const [summary] = step.summaries;
      expect(summary?.content).not.toContain("<img");
      expect(summary?.content).not.toContain("##vso[");
      expect(summary?.content).not.toContain("](https://evil");
      expect(summary?.content).toMatch(/\\#\\#vso\\\[task\.setvariable/);
    }));

  it("hides secrets in what is uploaded and handed on", () =>
    withCheckout(
      lab,
      node,
      bundleOf("hidden", job("a", `"Job of \${var.owner}"`), "variables:\n  owner:\n    default: x\n"),
      async ({ run }) => {
        const step = await run({ variables: "owner=$(owner)" });
        expect(step.result).toBe("Succeeded");
        expect(step.summaries[0]?.content).toContain("Job of \\*\\*\\*");
        expect(step.summaries[0]?.content).not.toContain("hunter_2");
        const json = fs.readFileSync(step.outputs["summaryPath"] ?? "", "utf8");
        expect(json).toContain("Job of ***");
        expect(json).not.toContain("hunter_2");
      },
      { job: { variables: { owner: { value: "hunter_2", secret: true } } } },
    ));

  it("keeps unicode names as they are, and none that turns text around", () =>
    withCheckout(lab, node, unicodeNames, async ({ run }) => {
      const step = await run();
      expect(step).toMatchObject({ result: "Succeeded", outputs: { bundleName: "größe" } });
      expect(step.summaries[0]?.content).toContain("jobs.täglich");
      expect(step.summaries[0]?.content).toContain("Täglich 日本語 🚀");
      expect(step.summaries[0]?.content).not.toContain("\u202E");
    }));

  it("says what the CLI said where nothing else explains a failure", () =>
    withCheckout(lab, node, bundleOf("odd", job("a", `\${var.missing}`)), async ({ run }) => {
      const step = await run();
      expect(errorsOf(step)).toHaveLength(1);
      expect(errorsOf(step)[0]).toMatch(/"databricks bundle deploy" failed \(exit code 1\): .*var\.missing/);
    }));

  it("shows each of several errors once", () =>
    withCheckout(
      lab,
      node,
      bundleOf("several", `${job("a", "A")}\n${job("b", "B").replace("jobs:\n", "")}`),
      async ({ run }) => {
        const refusal = { error_code: "INVALID_PARAMETER_VALUE", message: "no such cluster" };
        lab.workspace.fault({ method: "POST", path: /jobs\/create/ }, { status: 400, body: refusal }, 2);
        const step = await run();
        const [other, own, ...more] = errorsOf(step);
        expect(more).toEqual([]);
        expect(other).toMatch(/^cannot create resources\.jobs\.[ab]: no such cluster/);
        expect(own).toMatch(
          /^"databricks bundle deploy" failed \(exit code 1\): cannot create resources\.jobs\.[ab]: no/,
        );
        const jobs = [other, own].map((error) => /jobs\.([ab])/.exec(error ?? "")?.[1]);
        expect(jobs.sort()).toEqual(["a", "b"]);
      },
    ));

  it("shows an error that has no place in a file, with what it is of", () => {
    const scripts = "scripts:\n  empty: {}\n";
    return withCheckout(lab, node, bundleOf("unplaced", job("a", "A"), scripts), async ({ run }) => {
      expect(errorsOf(await run({ command: "validate" }))).toEqual([
        expect.stringMatching(
          /failed \(exit code 1\): Script empty has no content \(at scripts\.empty\.content\)\.\sThe CLI/,
        ),
      ]);
    });
  });
});
