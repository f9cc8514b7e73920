import { describe, expect, it } from "vitest";
import { taskNodes } from "../nodes.ts";
import { stepOf } from "../steps/step.ts";
import { useLab } from "../use-lab.ts";

describe.each(taskNodes)("DatabricksLogin on $name", ({ path: node }) => {
  const { lab, startAgent, requests } = useLab(node);

  it("signs in later steps", async () => {
    const agent = await startAgent();
    const job = await agent.startJob(lab.job(lab.deployer));
    const [login, records] = await requests(async () =>
      stepOf(
        await job.run({
          task: "DatabricksLogin@1",
          name: "login",
          inputs: { azureSubscription: lab.deployer.connection.id, workspaceUrl: lab.workspace.url },
        }),
      ),
    );
    console.log(login.text, login.durationMs);
    console.log(login.raw.stdout.join("\n"));
    expect(login.result).toBe("Succeeded");
    console.log(records.azureDevOps.length, records.entra.length, records.workspace.length);
    const script = await job.run({
      task: "Bash@3",
      inputs: {
        targetType: "inline",
        script:
          "env | grep -E 'DATABRICKS|PROXY' ; databricks current-user me; ps ax -o pid,ppid,rss,args | grep 'index.js service'",
      },
    });
    console.log(script.log.join("\n"));
    const { postJob, orphans } = await job.finish();
    console.log(postJob[0]?.log.join("\n"), orphans);
  });
});
