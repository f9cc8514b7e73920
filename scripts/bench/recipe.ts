import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type BundleFiles, writeFiles } from "../../test/e2e/bundles/bundles.ts";
import { subscription } from "../../test/lab/deployers.ts";
import { requestOverTls } from "../../test/lab/https-client.ts";
import { pythonPackages } from "../../test/lab/install-once.ts";
import type { Lab } from "../../test/lab/lab.ts";
import { proxyUrl, routeOf } from "../../test/lab/person.ts";
import { wallMs } from "./measure.ts";

// What AzureCLI@2 does: github.com/microsoft/azure-pipelines-tasks, Tasks/AzureCLIV2/azureclitask.ts

const requirements = path.join(import.meta.dirname, "azure-cli/requirements.txt");

/** The Azure CLI of `azure-cli/requirements.txt`: its version, and the folder with `az` for PATH. About 400 MB, once. */
export async function azureCli(): Promise<{ version: string; folder: string }> {
  const [, version = ""] = /^azure-cli==(.*)$/m.exec(fs.readFileSync(requirements, "utf8")) ?? [];
  return { version, folder: await pythonPackages("azure-cli", requirements) };
}

/** Today's way to deploy, with a bundle of its own. Both give the time of the programs that run, in milliseconds. */
export interface Recipe {
  /** What runs in a step of AzureCLI@2 whose script consists of these commands of the CLI, such as `bundle deploy`. */
  step(...commands: readonly string[]): Promise<number>;
  /** Only `az login` and these commands. */
  login(...commands: readonly string[]): Promise<number>;
  remove(): void;
}

/** Prepares it for the lab's service connection; `azFolder` contains `az`. */
export async function createRecipe(lab: Lab, azFolder: string, bundle: BundleFiles): Promise<Recipe> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "recipe-"));
  const folder = path.join(home, "bundle");
  writeFiles(folder, bundle);
  const cli = await lab.programs.cli();
  const az = path.join(azFolder, "az");
  const environment = recipeEnvironment(lab, home, `${azFolder}:${path.dirname(cli)}:/usr/bin:/bin`);

  async function timeAll(...programs: readonly (readonly string[])[]): Promise<number> {
    // A new one in each job (azureclitask.ts, setConfigDirectory).
    fs.rmSync(environment.AZURE_CONFIG_DIR, { recursive: true, force: true });
    let total = 0;
    for (const [executable = "", ...argv] of programs) {
      total += await wallMs({ executable, arguments: argv, environment, workingDirectory: folder });
    }
    return total;
  }
  const cliRuns = (commands: readonly string[]) => commands.map((command) => [cli, ...command.split(" ")]);

  return {
    // The calls of az, in their order: azureclitask.ts, runMain.
    step: async (...commands) =>
      timeAll(
        [az, "--version"],
        [az, "cloud", "set", "-n", "AzureCloud"],
        [az, ...loginArguments(lab, await requestIdToken(lab))],
        [az, "account", "set", "--subscription", subscription.id],
        ...cliRuns(commands),
        [az, "account", "clear"],
      ),
    login: async (...commands) =>
      timeAll([az, ...loginArguments(lab, await requestIdToken(lab))], ...cliRuns(commands)),
    remove: () => fs.rmSync(home, { recursive: true, force: true }),
  };
}

function recipeEnvironment(lab: Lab, home: string, searchPath: string) {
  const authority = lab.agentNetwork.caFile ?? "";
  return {
    PATH: searchPath,
    HOME: home,
    AZURE_CONFIG_DIR: path.join(home, ".azclitask"),
    // It would send usage data to a service that the lab does not have.
    AZURE_CORE_COLLECT_TELEMETRY: "false",
    DATABRICKS_HOST: lab.workspace.url,
    DATABRICKS_AUTH_TYPE: "azure-cli",
    HTTPS_PROXY: proxyUrl(lab),
    REQUESTS_CA_BUNDLE: authority,
    SSL_CERT_FILE: authority,
  };
}

/** For a connection with workload identity federation (azureclitask.ts, loginAzureRM). */
function loginArguments({ deployer: { connection } }: Lab, idToken: string): string[] {
  const { serviceprincipalid = "", tenantid = "" } = connection.parameters;
  const principal = ["--service-principal", "-u", serviceprincipalid, "--tenant", tenantid];
  return ["login", ...principal, "--allow-no-subscriptions", "--federated-token", idToken];
}

/** What AzureCLI@2 asks Azure DevOps for before it starts `az`. */
async function requestIdToken(lab: Lab): Promise<string> {
  const { collectionUrl, project } = lab.azureDevOps;
  const job = `_apis/distributedtask/hubs/build/plans/${randomUUID()}/jobs/${randomUUID()}/oidctoken`;
  const url = `${collectionUrl}${project.id}/${job}?serviceConnectionId=${lab.deployer.connection.id}&api-version=7.1`;
  const headers = {
    authorization: `Bearer ${lab.azureDevOps.issueJobToken()}`,
    "content-type": "application/json",
  };
  const { status, text } = await requestOverTls(routeOf(lab), url, { method: "POST", headers });
  if (status !== 200) throw new Error(`Azure DevOps answered ${status} to the request for an ID token: ${text}`);
  return JSON.parse(text).oidcToken;
}
