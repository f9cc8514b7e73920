import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { bodyOf, runLines, runScript, temporaryFolder } from "../fixture.ts";

test("ten errors are kept as issues, and all are logged", async () => {
  const lines = Array.from({ length: 12 }, (_, index) => `##vso[task.logissue type=error]e${index}`);
  const result = await runLines(lines);
  expect(result.issues).toHaveLength(10);
  expect(bodyOf(result)).toHaveLength(12);
});

test("uploads are read when the task has ended, and a file that is gone is reported as lost", async () => {
  const accepted = path.join(temporaryFolder(), "accepted");
  const script = `
    const fs = require("fs"), path = require("path"), temp = process.env.AGENT_TEMPDIRECTORY;
    const [kept, gone] = ["summary.md", "gone.md"].map((name) => path.join(temp, name));
    for (const file of [kept, gone]) {
      fs.writeFileSync(file, "early");
      console.log("##vso[task.uploadsummary]" + file);
    }
    console.log("##vso[task.addattachment type=plan;name=p.json]" + kept);
    console.log("accepted");
    const waiting = setInterval(() => {
      if (!fs.existsSync(${JSON.stringify(accepted)})) return;
      clearInterval(waiting);
      fs.writeFileSync(kept, "late");
      fs.rmSync(gone);
      fs.writeFileSync(path.join(temp, ".taskkey"), "");
      fs.mkdirSync(path.join(temp, "empty"));
    }, 5);`;
  // The files change once the agent has taken the commands, which it does in their order.
  const onLine = (line: string) => void (line === "accepted" && fs.writeFileSync(accepted, ""));
  const result = await runScript(script, { step: { onLine } });
  expect(result).toMatchObject({
    summaries: [{ name: "summary.md", content: "late" }],
    attachments: [{ type: "plan", name: "p.json", content: "late" }],
    lostUploads: [expect.stringMatching(/gone\.md$/)],
    leftInTemp: ["empty/", "summary.md"],
  });
});
