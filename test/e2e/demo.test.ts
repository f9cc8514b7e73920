import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packagedExtension } from "./harness.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const pipeline = `
variables:
  connection: finance-deployer
jobs:
  - job: deploy
    steps:
      - checkout: self
      - script: python -m build
      - task: DatabricksCliInstaller@1
        inputs:
          version: 1.11.0
      - task: DatabricksBundleDeploy@1
        inputs:
          azureSubscription: $(connection)
          workspaceUrl: https://adb-4711.5.azuredatabricks.net
          workingDirectory: etl
          target: dev
`;

const bundle = `
bundle:
  name: ledger
targets:
  dev:
    mode: development
resources:
  jobs:
    close:
      name: Close the month
      tasks:
        - task_key: close
          notebook_task:
            notebook_path: ./close.py
`;

let folder: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "demo-"));
  fs.mkdirSync(path.join(folder, "repo", "etl"), { recursive: true });
  fs.writeFileSync(path.join(folder, "my.yml"), pipeline);
  fs.writeFileSync(path.join(folder, "repo", "etl", "databricks.yml"), bundle);
  fs.writeFileSync(path.join(folder, "repo", "etl", "close.py"), "# Databricks notebook source\nprint(1)\n");
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Runs the demo's command line in the folder; its output is that of both streams. */
function runDemo(...args: string[]): Promise<{ code: number; output: string }> {
  const file = path.join(root, "node_modules", ".bin", "tsx");
  const script = path.join(root, "test", "demo", "demo.ts");
  const env = { ...process.env, INIT_CWD: folder, EXTENSION_VSIX: packagedExtension() };
  return new Promise((resolve) => {
    execFile(file, [script, ...args], { cwd: root, env, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

const own = ["--pipeline", "my.yml", "--folder", "repo"];

describe("npm run demo", () => {
  it("deploys a user's own bundle by a user's own pipeline", async () => {
    const { code, output } = await runDemo(...own);
    expect(output).toMatch(/^Workspace +https:\/\/adb-4711\.5\.azuredatabricks\.net$/m);
    expect(output).toMatch(/^Service connections +finance-deployer$/m);
    expect(output).toContain("Not run: script: python -m build (the demo runs only the tasks of this project).");
    expect(output).toMatch(/What the workspace https:\/\/adb-4711\.5\.azuredatabricks\.net holds/);
    expect(output).toMatch(/^job +\[dev finance_deployer_deployer\] Close the month \(id \d+/m);
    const [, next = ""] = output.split(/^=== What next =+$/m);
    expect(next).toContain("npm run demo -- --missing federated-credential");
    for (const [, page = ""] of next.matchAll(/ {2}(\S+\.md)$/gm))
      expect(fs.existsSync(path.join(root, page)), page).toBe(true);
    expect(code).toBe(0);
  }, 120_000);

  it("shows the error of a set-up step that is missing, and exits with 1", async () => {
    const { code, output } = await runDemo(...own, "--missing", "federated-credential");
    expect(output).toMatch(/^Set-up steps missing +federated-credential$/m);
    expect(output).toMatch(/^##\[error\].*AADSTS700/m);
    expect(output).not.toMatch(/^job +/m);
    expect(code).toBe(1);
  }, 120_000);

  it("names what is allowed for an unknown argument, and exits with 2", async () => {
    const { code, output } = await runDemo("x");
    expect(output).toMatch(/^Unexpected argument 'x'\. Allowed are --pipeline, --folder, --missing and --help\.$/m);
    expect(code).toBe(2);
  });
});
