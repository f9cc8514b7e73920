import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { jobSettings, labAgent, print, scriptStep } from "../fixture.ts";

test("an issue shows its file relative to the repository", async () => {
  const job = await (await labAgent()).startJob(jobSettings);
  const file = path.join(job.workingDirectory, "databricks.yml");
  fs.writeFileSync(file, "");
  const issue = `##vso[task.logissue type=error;sourcepath=${file};linenumber=3;columnnumber=7;code=E1]wrong`;
  expect((await job.run(scriptStep(print(issue)))).issues).toEqual([
    {
      type: "error",
      message: "databricks.yml(3,7): error E1: wrong",
      sourcePath: "databricks.yml",
      line: 3,
      column: 7,
      code: "E1",
    },
  ]);
});
