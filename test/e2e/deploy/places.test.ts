import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { bundleOf, job } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

/** A target that is deployed to a place for each value of a variable, such as the number of a pull request. */
const bundle = (name: string) =>
  bundleOf(
    name,
    job("a", `${name} \${var.pr}`),
    `variables:\n  pr:\n    default: none\nworkspace:\n  root_path: ~/${name}/\${var.pr}\n`,
  );

const of = (pr: string) => ({ target: "prod", variables: `pr=${pr}` });
const setAside = expect.stringMatching(
  /^Set aside the local state of the deployment in .*because this step is for the one in /,
);

describe.each(taskNodes)("Several deployments of one target from the same folder on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  async function idsOf(name: string): Promise<Record<string, string>> {
    const jobs = (await lab.workspace.jobs()).filter((one) => one.name?.startsWith(`${name} `));
    return Object.fromEntries(jobs.map((one) => [one.name?.slice(name.length + 1), String(one.id)]));
  }

  it("have resources of their own, as on agents of their own", { tags: "windows" }, async () => {
    const { run, folder } = await checkout(bundle("apart"));
    const ids: (string | undefined)[] = [];
    for (const pr of ["1", "2", "1"]) {
      const step = await run(of(pr));
      expect(step).toMatchObject({ result: "Succeeded", issues: [] });
      ids.push(step.outputs["resourceIds"]);
      if (ids.length > 1) expect(step.log).toContainEqual(setAside);
    }
    expect(ids[2]).toBe(ids[0]);
    expect(ids[1]).not.toBe(ids[0]);
    expect(Object.keys(await idsOf("apart")).sort()).toEqual(["1", "2"]);

    const destroyed = await run({ ...of("2"), command: "destroy", autoApprove: "true" });
    expect(destroyed).toMatchObject({ result: "Succeeded", issues: [] });
    expect(destroyed.page).toContain("1 deleted");
    expect(Object.keys(await idsOf("apart"))).toEqual(["1"]);
    // Nothing is kept of a deployment that is gone, or that is in use.
    await run(of("1"));
    expect(fs.existsSync(path.join(folder, ".databricks/bundle/prod/azure-pipelines.other-places"))).toBe(false);
  });

  it("are planned, run and destroyed each for itself", async () => {
    const { run } = await checkout(bundle("alone"));
    await run(of("1"));
    lab.workspace.runs({});
    const planned = await run({ ...of("2"), command: "plan" });
    expect(planned.text).toContain("Plan: 1 to add, 0 to change, 0 to delete, 0 unchanged");
    const ran = await run({ ...of("3"), command: "run", run: "a" });
    expect(ran.errors[0]).toContain("run: the target prod has no deployed resource with the key a");
    const destroyed = await run({ ...of("4"), command: "destroy", autoApprove: "true" });
    expect(destroyed.text).toContain("Nothing was deployed for the target prod in ");
    expect(Object.keys(await idsOf("alone"))).toEqual(["1"]);
    const again = await run({ ...of("1"), command: "plan" });
    expect(again.text).toContain("Plan: 0 to add, 0 to change, 0 to delete, 1 unchanged");
  });

  it("are not mixed up if the CLI cannot resolve the bundle", async () => {
    const { run } = await checkout(bundle("unclear"));
    await run(of("1"));
    const message = "The service is under maintenance.";
    const refused = { status: 400, body: { error_code: "MAINTENANCE", message } };
    // Of the commands that resolve it before the deploy, and not of the deploy.
    const placed = lab.workspace.fault({ path: /scim\/v2\/Me/, userAgent: /^cli\// }, refused, 2);
    const step = await run(of("2"));
    expect(placed.hits).toBe(2);
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toContain(message);
    expect(Object.keys(await idsOf("unclear"))).toEqual(["1"]);
    expect(await run(of("2"))).toMatchObject({ result: "Succeeded", issues: [] });
    expect(Object.keys(await idsOf("unclear")).sort()).toEqual(["1", "2"]);
  });

  it("can have been deployed from other agents", async () => {
    const [here, elsewhere] = [await checkout(bundle("both")), await checkout(bundle("both"))];
    await here.run(of("1"));
    const there = await elsewhere.run(of("2"));
    const commands = [{}, { command: "plan" }, { command: "run", run: "a" }];
    lab.workspace.runs({});
    for (const [index, command] of commands.entries()) {
      if (index > 0) await here.run(of("1"));
      const step = await here.run({ ...of("2"), ...command });
      expect(step).toMatchObject({ result: "Succeeded", issues: [] });
      expect(step.log).toContainEqual(setAside);
      if (command.command !== "plan") expect(step.outputs["resourceIds"]).toBe(there.outputs["resourceIds"]);
    }
    await here.run(of("1"));
    expect(await here.run({ ...of("2"), command: "destroy", autoApprove: "true" })).toMatchObject({ issues: [] });
    expect(Object.keys(await idsOf("both"))).toEqual(["1"]);
  });

  it("can belong to different service principals", async () => {
    const other = lab.addDeployer();
    const files = bundleOf("owners", job("a", "owners $" + "{workspace.current_user.userName}"));
    const { run } = await checkout(files, { job: lab.job(lab.deployer, other) });
    const connections = [lab.deployer.connection.id, other.connection.id, lab.deployer.connection.id];
    for (const azureSubscription of connections) {
      expect(await run({ target: "prod", azureSubscription })).toMatchObject({ result: "Succeeded", issues: [] });
    }
    expect(Object.keys(await idsOf("owners")).sort()).toEqual([lab.deployer.clientId, other.clientId].sort());
  });
});
