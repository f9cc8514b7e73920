import { expect, it, vi } from "vitest";
import { UserError } from "../../../../tasks/common/pipeline/errors.ts";
import type { Deployment } from "../../../../tasks/DatabricksBundleDeploy/commands/deploy.ts";
import { printDeployment } from "../../../../tasks/DatabricksBundleDeploy/results/print-deployed.ts";

function printed(resources: readonly object[], problem?: UserError): string[] {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text)) > 0);
  const deployment = { summary: { name: "sales", target: "prod", resources }, problem } as unknown as Deployment;
  vi.useFakeTimers({ toFake: ["Date"] });
  printDeployment({ startedAt: new Date(Date.now() - 65_000) }, deployment);
  vi.useRealTimers();
  write.mockRestore();
  return lines.join("").split("\n").slice(0, -1);
}

const resource = (key: string) => ({
  type: "jobs",
  key,
  id: "1",
  url: `https://adb-1.2.azuredatabricks.net/jobs/${key}`,
});

it("shows what is deployed, with links", () => {
  const withoutPage = { type: "secret_scopes", key: "keys", id: "keys" };
  const notDeployed = { ...resource("later"), id: undefined };
  expect(printed([resource("nightly"), withoutPage, notDeployed])).toEqual([
    "The bundle sales is deployed to the target prod (1 min 5 s).",
    "  jobs.nightly: https://adb-1.2.azuredatabricks.net/jobs/nightly",
  ]);
});

it("shows the links of at most 50 resources", () => {
  const lines = printed(Array.from({ length: 52 }, (_, index) => resource(String(index))));
  expect(lines).toHaveLength(52);
  expect(lines.at(-1)).toBe("  and 2 more, in the tab Extensions of the run page");
});

it("shows nothing for a deploy with a problem, which ends with an error", () => {
  expect(printed([resource("nightly")], new UserError("It failed.", { section: "deploy-failed" }))).toEqual([]);
});
