import { describe, expect, it } from "vitest";
import { type BundleFiles, bundleOf } from "../bundles/bundles.ts";
import { oldestNode } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

/** A bundle with the app `web`. Its name is new, so that the workspace does not have the app yet. */
function appBundle(name: string): BundleFiles {
  const resources = `apps:\n  web:\n    name: ${name}\n    source_code_path: ./app`;
  return { ...bundleOf(name, resources), "app/app.py": "print(1)\n" };
}

describe.each([oldestNode])("An app in the input run, on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);

  it.each([
    ["web", "by-key"],
    ["apps.web", "by-type-and-key"],
  ])("is started, and its code is deployed: run: %s", async (key, name) => {
    const { run } = await checkout(appBundle(name));
    const [step, { workspace }] = await requests(() => run({ target: "prod", run: key }));
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    const posts = workspace.filter(({ method }) => method === "POST").map(({ path }) => path);
    const [start, deployment] = [
      posts.indexOf(`/api/2.0/apps/${name}/start`),
      posts.indexOf(`/api/2.0/apps/${name}/deployments`),
    ];
    expect(start).toBeGreaterThan(posts.indexOf("/api/2.0/apps"));
    expect(deployment).toBeGreaterThan(start);
    expect(step.text).toMatch(/Running (apps\.)?web[\s\S]*App is started![\s\S]*You can access the app at /);
    expect(step.page).toContain(`| \`${key}\` | SUCCESS |`);
    expect(step.outputs["runUrls"]).toBe("");
  });

  it("fails the step if the deployment of its code fails", async () => {
    const { run } = await checkout(appBundle("unusable"));
    const status = { state: "FAILED", message: "Error installing requirements" };
    const body = { deployment_id: "1", source_code_path: "/app", status };
    lab.workspace.fault({ method: "POST", path: /\/deployments$/ }, { status: 200, body });
    const fault = lab.workspace.fault({ method: "GET", path: /\/deployments\/1$/ }, { status: 200, body }, 100);
    const step = await run({ target: "prod", run: "web" });
    fault.release();
    expect(step.result).toBe("Failed");
    expect(step.errors.at(-1)).toMatch(
      /^The bundle was deployed, but the run of web ended with FAILED: .*Error installing requirements/,
    );
    expect(step.page).toContain("deployed, but the run of web did not succeed");
  });

  it("fails the step if the app cannot be started", async () => {
    const { run } = await checkout(appBundle("not-started"));
    const body = { error_code: "PERMISSION_DENIED", message: "no permission to start it" };
    lab.workspace.fault({ method: "POST", path: /\/start$/ }, { status: 403, body });
    const step = await run({ target: "prod", run: "web" });
    expect(step.result).toBe("Failed");
    expect(step.errors.at(-1)).toMatch(/the run of web ended with FAILED: .*no permission to start it/);
  });
});
