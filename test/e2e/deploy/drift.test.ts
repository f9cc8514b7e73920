import { describe, expect, it } from "vitest";
import { signInPerson } from "../../lab/person.ts";
import { bundleOf, job } from "../bundles/bundles.ts";
import { taskNodesWithCli } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const check = { command: "plan", target: "prod", failOnChanges: "true" };

describe.each(taskNodesWithCli)("A drift check on $name", ({ path: node, cli }) => {
  const { lab, checkout } = useLab(node, { cli });

  it("succeeds while the workspace matches the bundle, and names what somebody has changed or deleted", async () => {
    const two = bundleOf("drifting", `${job("hello", "Hello")}\n  other:\n    name: Other`);
    const deployed = await checkout(two);
    await deployed.run({ target: "prod" });
    const { run } = await checkout(two);
    expect(await run(check)).toMatchObject({ result: "Succeeded", issues: [], outputs: { changesPresent: "false" } });

    const person = await signInPerson(lab);
    const jobs = await lab.workspace.jobs();
    const jobNamed = (name: string) => jobs.find((one) => one.name === name);
    const hello = jobNamed("Hello");
    const settings = { ...hello?.settings, name: "By hand" };
    await person.call("POST", "/api/2.2/jobs/reset", { job_id: Number(hello?.id), new_settings: settings });
    const changed = await run(check);
    expect(changed.result).toBe("Failed");
    expect(changed.errors).toEqual([
      expect.stringMatching(
        /^A deploy of the bundle drifting to the target prod would change a resource: update jobs\.hello \(name\)\.\s.*failOnChanges.*#drift/s,
      ),
    ]);
    expect(changed.page).toMatch(/\| `jobs\.hello` \| update: name \|/);
    expect(changed.outputs).toMatchObject({
      changesPresent: "true",
      planPath: expect.stringMatching(/json$/),
      planMarkdownPath: expect.stringMatching(/md$/),
    });

    await person.call("POST", "/api/2.2/jobs/delete", { job_id: Number(jobNamed("Other")?.id) });
    const deleted = await run(check);
    expect(deleted.errors).toEqual([
      expect.stringMatching(/would change 2 resources: update jobs\.hello \(name\); create jobs\.other\./),
    ]);
    expect((await run({ command: "plan", target: "prod" })).result).toBe("Succeeded");

    await run({ target: "prod" });
    expect((await run(check)).result).toBe("Succeeded");
  });
});
