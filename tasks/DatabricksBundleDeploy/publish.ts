import { setOutput, uploadSummary } from "../common/pipeline/commands.ts";
import { writeJobFile } from "../common/pipeline/temporary.ts";
import { type DeployedBundle, jsonSummary, markdownSummary } from "./summary.ts";

/** Hands the result on: output variables for later steps, a summary on the run page. */
export function publish(deployed: DeployedBundle): void {
  setOutput("workspaceUrl", deployed.host);
  setOutput("bundleName", deployed.bundle);
  setOutput("target", deployed.target);
  setOutput("identity", deployed.identity);
  setOutput("summaryPath", writeJobFile("bundle-summary.json", jsonSummary(deployed)));
  uploadSummary(writeJobFile("Databricks bundle.md", markdownSummary(deployed)));
}
