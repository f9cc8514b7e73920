import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogue, type FailureId } from "../../tasks/common/failures/catalogue.ts";
import type { SetupStep } from "../lab/lab.ts";
import { errorPattern } from "../unit/failures/texts.ts";
import { bundleOf, job } from "./bundles/bundles.ts";
import { taskNodes } from "./nodes.ts";
import type { Step } from "./steps/step.ts";
import { useLab } from "./use-lab.ts";

/** What a person can do after a red build, who has nothing but its log and its page. */
type Fix = (error: string, page: string) => unknown;

/** The known failure that an error is. */
function failureOf(error: string): FailureId {
  const ids = (Object.keys(catalogue) as FailureId[]).filter((id) => errorPattern(id).test(error));
  expect(ids, error).toHaveLength(1);
  return ids[0] as FailureId;
}

/** A value in a report, to be copied. */
function valueIn(page: string, name: string): string {
  const value = page.split("\n").flatMap((line) => /^\| ([^|]+) \| `([^`]+)` \|/.exec(line)?.slice(1) ?? []);
  const at = value.indexOf(name);
  expect(at, `${name} in ${page}`).toBeGreaterThanOrEqual(0);
  return value[at + 1] ?? "";
}

/** The parts of a link in a report. */
function linkIn(page: string, pattern: RegExp): RegExpExecArray {
  const link = pattern.exec(page);
  expect(link, page).not.toBeNull();
  return link as RegExpExecArray;
}

/** The file that WALK_LOG names gets the log and the page of each build. */
function noteBuild(number: number, heading: string, steps: readonly Step[]): void {
  const file = process.env["WALK_LOG"];
  if (!file) return;
  const pages = steps.flatMap(({ page = "" }) => (page === "" ? [] : ["", "--- the run page:", "", page]));
  const text = [`=== Build ${number}: ${heading}`, "", ...steps.map((step) => step.text), ...pages, "", ""].join("\n");
  fs.writeFileSync(file, text, { flag: number === 1 ? "w" : "a" });
}

describe.each(taskNodes)("From nothing to a green build, on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  it("takes one red build for each missing step, and no other page", async () => {
    await lab.releases.add({ version: "1.11.0", executable: await lab.programs.cli("1.11.0") });
    lab.releases.setLatest("1.11.0");
    const nothing: SetupStep[] = ["connection-authorized", "federated-credential", "workspace-member"];
    const deployer = lab.addDeployer(nothing, undefined, { issuer: "azure-devops" });
    const root = `/Workspace/Shared/${randomUUID()}`;
    lab.workspace.restrictFolder(root, []);
    const variables = "variables:\n  region:\n    description: Where\n";
    const more = `workspace:\n  root_path: ${root}\n${variables}`;
    const agent = { environment: { PATH: "/usr/bin:/bin" } };
    const files = bundleOf("walk", job("a", `\${var.region}`), more);
    const { job: running, run } = await checkout(files, { deployer, agent, at: "services/etl" });

    let installs = false;
    let wrongSubject = true;
    let clientId = "";
    let inputs: Record<string, string> = {
      workspaceUrl: "https://accounts.azuredatabricks.net",
      workingDirectory: ".",
      target: "prod",
    };
    const trust = (page: string, subject: string) => {
      const credential = { issuer: valueIn(page, "Issuer"), subject, audience: valueIn(page, "Audience") };
      lab.entra.addFederatedCredential(valueIn(page, "Application (client) ID"), credential);
    };
    const fixes: { readonly [id in FailureId]?: Fix } = {
      "no-cli": (error) => {
        expect(error).toContain("- task: DatabricksCliInstaller@1");
        installs = true;
      },
      "no-bundle": (error) => {
        const workingDirectory = /Folders with one: (\S+)\./.exec(error)?.[1] ?? "";
        inputs = { ...inputs, workingDirectory };
      },
      // The list of workspaces in the account console, to which the message leads, shows the address.
      "account-console": () => {
        inputs = { ...inputs, workspaceUrl: lab.workspace.url };
      },
      "connection-not-authorized": (_, page) => {
        const [, collection, id = ""] = linkIn(
          page,
          /\((https:\S+\/)[\w-]+\/_settings\/adminservices\?resourceId=([\w-]+)\)/,
        );
        expect(collection).toBe(lab.azureDevOps.collectionUrl);
        lab.azureDevOps.authorize(id);
      },
      // The first time, the subject is typed instead of copied.
      AADSTS70025: (_, page) => trust(page, "sc://contoso/Analytics/databricks"),
      AADSTS700213: (_, page) => {
        wrongSubject = false;
        trust(page, valueIn(page, "Subject"));
      },
      "not-a-member": (_, page) => {
        const [, host] = linkIn(page, /\((https:\S+)\/settings\/workspace\/identity-and-access\/service-principals\)/);
        expect(host).toBe(lab.workspace.url);
        clientId = valueIn(page, "Application (client) ID");
        lab.workspace.addMember(clientId);
        lab.workspace.entitle(clientId, false);
      },
      "not-entitled": (error) => {
        expect(error).toMatch(/turn on the entitlement Workspace access/);
        lab.workspace.entitle(clientId, true);
      },
      "denied-path": (error) => {
        expect(error).toMatch(
          /does not have access to \/Workspace\/Shared\/.*Grant it CAN MANAGE on the folder of the bundle/s,
        );
        lab.workspace.restrictFolder(root, [clientId]);
      },
      "missing-variable": (error) => {
        const [, name = ""] = /one (\w+)=value per line/.exec(error) ?? [];
        inputs = { ...inputs, variables: `${name}=emea` };
      },
    };

    const seen: FailureId[] = [];
    for (;;) {
      const steps: Step[] = [];
      if (installs) {
        const installed = await running.run({ task: "DatabricksCliInstaller@1", inputs: {} });
        steps.push({ ...installed, text: installed.log.join("\n"), page: undefined });
        expect(installed.result).toBe("Succeeded");
      }
      const step = await run(inputs);
      steps.push(step);
      const number = seen.length + 1;
      if (step.result === "Succeeded") {
        noteBuild(number, "green", steps);
        break;
      }
      const error = step.errors.at(-1) ?? "";
      const id = failureOf(error);
      noteBuild(number, `red (${id})`, steps);
      expect(step.errors, step.text).toHaveLength(1);
      expect(seen).not.toContain(id);
      seen.push(id);
      const fix = fixes[id];
      expect(fix, `${id}: ${error}`).toBeDefined();
      fix?.(error, step.page ?? "");
    }
    expect(new Set(seen)).toEqual(new Set(Object.keys(fixes)));
    expect(wrongSubject).toBe(false);
    expect(clientId).toBe(deployer.clientId);
    expect((await lab.workspace.jobs()).map(({ name }) => name)).toContain("emea");
  });
});
