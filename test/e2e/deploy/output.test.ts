import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { bundleOf, errorInInclude, injection, job, unicodeNames } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

describe.each(taskNodes)("What a deploy shows on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  it("shows the CLI's diagnostics as issues, once, with their place in the repository", {
    tags: "windows",
  }, async () => {
    const { run } = await checkout(errorInInclude);
    const step = await run({ command: "validate" });
    expect(step.result).toBe("Failed");
    const place = { sourcePath: "bundle/resources/jobs.yml" };
    expect(step.issues).toMatchObject([
      { type: "warning", message: expect.stringContaining("unknown field: nam"), ...place, line: 4, column: 7 },
      {
        type: "error",
        message: expect.stringMatching(/same key.*also in resources\/more\.yml:4:\d+/s),
        ...place,
        line: 6,
      },
      {
        type: "error",
        message: expect.stringMatching(
          /"databricks bundle validate" failed \(exit code 1\)\.\sEach error is shown above/,
        ),
      },
    ]);
    expect(step.log.filter((line) => line.includes("unknown field: nam"))).toHaveLength(1);
  });

  it("shows a warning once, whatever number of commands give it", async () => {
    const { run } = await checkout(bundleOf("warned", `${job("a", "A")}\n    nonsense: 1`));
    const step = await run();
    expect(step.result).toBe("Succeeded");
    expect(step.issues).toMatchObject([{ type: "warning", sourcePath: "bundle/databricks.yml" }]);
  });

  it("streams output in order, while the deploy goes on", { tags: "linux" }, async () => {
    const { run, folder } = await checkout({
      ...bundleOf("slow", job("a", "A"), "experimental:\n  scripts:\n    predeploy: sh ./slow.sh\n"),
      // Goes on when the line has been seen.
      "slow.sh": "for i in 1 2 3; do echo line $i; until [ -e seen-$i ]; do sleep 0.05; done; done\n",
    });
    const seen: string[] = [];
    const onLine = (line: string) => {
      const [, number] = /line (\d)$/.exec(line) ?? [];
      if (number === undefined) return;
      seen.push(number);
      fs.writeFileSync(path.join(folder, `seen-${number}`), "");
    };
    expect((await run({}, { onLine })).result).toBe("Succeeded");
    expect(seen).toEqual(["1", "2", "3"]);
  });

  it("makes commands in output, names and values harmless", { tags: "linux" }, async () => {
    const {
      run,
      job: { variables },
    } = await checkout(injection);
    lab.workspace.runs({ result: "FAILED", message: "##vso[task.setvariable variable=message]1" });
    const step = await run({ run: "nasty" });
    expect(step.result).toBe("Failed");
    const stolen = ["plain", "return", "split", "stderr", "issue", "stolen", "message"];
    expect(variables.names().filter((name) => stolen.includes(name.toLowerCase()))).toEqual([]);
    expect(step.log.filter((line) => /^##\[error\]coloured/.test(line))).toEqual([]);
    for (const name of ["plain", "return", "split", "stderr", "issue"]) {
      expect(step.text).toContain(`##_vso[task.setvariable variable=${name}]1`);
    }
    const set = step.raw.stdout.flatMap((line) => /##vso\[task\.setvariable\b[^\]]*/.exec(line)?.[0] ?? []);
    const names = set.map((command) => /variable=([^;]*)/.exec(command)?.[1]);
    expect(names.sort()).toEqual([
      "bundleName",
      "identity",
      "resourceIds",
      "runUrls",
      "summaryPath",
      "target",
      "workspaceUrl",
    ]);
    const commands = step.raw.stdout.filter((line) => line.includes("##vso["));
    expect(commands.filter((line) => !line.startsWith("##vso[task."))).toEqual([]);
    expect(step.raw.stderr).toEqual([]);
    for (const { message } of step.issues) expect(message).not.toContain("##vso[");

    const [summary] = step.summaries;
    expect(summary?.content).not.toContain("<img");
    expect(summary?.content).not.toContain("##vso[");
    expect(summary?.content).not.toContain("](https://evil");
    expect(summary?.content).toMatch(/\\#\\#vso\\\[task\.setvariable/);
  });

  it("hides secrets in what is uploaded and handed on", async () => {
    const { run } = await checkout(
      bundleOf("hidden", job("a", `"Job of \${var.owner}"`), "variables:\n  owner:\n    default: x\n"),
      { job: { variables: { owner: { value: "hunter_2", secret: true } } } },
    );
    const step = await run({ variables: "owner=$(owner)" });
    expect(step.result).toBe("Succeeded");
    expect(step.page).toContain("Job of \\*\\*\\*");
    expect(step.page).not.toContain("hunter_2");
    const json = fs.readFileSync(step.outputs["summaryPath"] ?? "", "utf8");
    expect(json).toContain("Job of ***");
    expect(json).not.toContain("hunter_2");
  });

  it("keeps Unicode names as they are, without characters that reverse text", { tags: "windows" }, async () => {
    const { run } = await checkout(unicodeNames);
    const step = await run();
    expect(step).toMatchObject({ result: "Succeeded", outputs: { bundleName: "größe" } });
    expect(step.page).toContain("jobs.täglich");
    expect(step.page).toContain("Täglich 日本語 🚀");
    expect(step.page).not.toContain("\u202E");
  });

  it("shows the CLI's error when nothing else explains a failure", async () => {
    const { run } = await checkout(bundleOf("odd", job("a", `\${var.missing}`)));
    const step = await run();
    expect(step.errors).toHaveLength(1);
    expect(step.errors[0]).toMatch(/"databricks bundle deploy" failed \(exit code 1\): .*var\.missing/s);
  });

  it("shows each of several errors once", async () => {
    const { run } = await checkout(bundleOf("several", `${job("a", "A")}\n${job("b", "B").replace("jobs:\n", "")}`));
    const refusal = { error_code: "INVALID_PARAMETER_VALUE", message: "no such cluster" };
    lab.workspace.fault({ method: "POST", path: /jobs\/create/ }, { status: 400, body: refusal }, 2);
    const step = await run();
    const [other, own, ...more] = step.errors;
    expect(more).toEqual([]);
    expect(other).toMatch(/^cannot create resources\.jobs\.[ab]: no such cluster/);
    expect(own).toMatch(/^"databricks bundle deploy" failed \(exit code 1\): cannot create resources\.jobs\.[ab]: no/);
    const jobs = [other, own].map((error) => /jobs\.([ab])/.exec(error ?? "")?.[1]);
    expect(jobs.sort()).toEqual(["a", "b"]);
  });

  it("shows an error without a place in a file, with the path of its setting", async () => {
    const scripts = "scripts:\n  empty: {}\n";
    const { run } = await checkout(bundleOf("unplaced", job("a", "A"), scripts));
    expect((await run({ command: "validate" })).errors).toEqual([
      expect.stringMatching(
        /failed \(exit code 1\): Script empty has no content \(at scripts\.empty\.content\)\.\sSee the CLI output/,
      ),
    ]);
  });
});
