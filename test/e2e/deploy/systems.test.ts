import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startWindowsWorker } from "../../lab/agent/job/windows-worker.ts";
import { windowsAgents, wine10 } from "../../lab/agents.ts";
import { addScript, bundleOf, job, writeFiles } from "../bundles/bundles.ts";
import { agentPath } from "../harness.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const bundle = bundleOf("systems", job("only", "Only"));
const odd = "Jörg Büro (x) & co";
/** How an author can write the folder, from its absolute path. */
const spellings: readonly [string, (folder: string) => string][] = [
  ["relative", () => odd],
  ["absolute", (folder) => agentPath(folder)],
  ["with a dot and a slash at its end", () => `./${odd}/`],
];
const spellingsOnWindows: typeof spellings = [
  ["with backslashes", () => `.\\${odd}\\`],
  ["in upper case", () => odd.toUpperCase()],
  ["with a drive letter in lower case", (folder) => agentPath(folder).replace("Z:", "z:")],
  ["without a drive letter", (folder) => agentPath(folder).slice("Z:".length)],
  ["in the long form", (folder) => `\\\\?\\${agentPath(folder)}`],
];

describe.each(taskNodes)("What depends on the agent's system, on $name", { tags: "windows" }, ({ path: node }) => {
  const { lab, checkout, deploy } = useLab(node);

  it.each([...spellings, ...(windowsAgents ? spellingsOnWindows : [])])(
    "deploys from a folder with spaces, umlauts and signs in its name, written %s",
    async (_, written) => {
      const { run, folder } = await checkout(bundle, { at: odd });
      const step = await run({ workingDirectory: written(folder), command: "validate" });
      expect(step, step.text).toMatchObject({ result: "Succeeded", issues: [], outputs: { bundleName: "systems" } });
    },
  );

  it("deploys from a folder that is a link", async () => {
    const { run, folder } = await checkout(bundle);
    fs.renameSync(folder, `${folder}-target`);
    fs.symlinkSync(`${folder}-target`, folder);
    const step = await run({ workingDirectory: agentPath(folder) });
    expect(step, step.text).toMatchObject({ result: "Succeeded", issues: [], outputs: { bundleName: "systems" } });
  });

  it("keeps the address of the metadata service out of files that other users of the machine may read", async () => {
    const { run, job } = await checkout(bundle);
    const held = lab.workspace.fault({ method: "POST", path: /jobs\/create/ }, { hold: true });
    let profiles: string[] = [];
    const onLine = (line: string) => {
      if (!line.includes("Deploying resources")) return;
      profiles = profilesIn(job.tempDirectory);
      held.release();
    };
    expect((await run({}, { onLine })).result).toBe("Succeeded");
    expect(profiles).toEqual([expect.stringMatching(/^auth_type +=/m)]);
    // Elsewhere, the file belongs to the agent's user, and its mode keeps others away.
    expect(/metadata_service_url/.test(profiles.join())).toBe(!windowsAgents);
  });

  it("gives programs of the bundle what their system needs, and nothing of the agent's", async () => {
    const { run, folder } = await checkout(bundle);
    addScript(folder, "set");
    const step = await run({ command: "validate" });
    const names = step.log.flatMap((line) => /^(\w+)=/.exec(line)?.[1]?.toUpperCase() ?? []);
    const onWindows =
      "SYSTEMROOT WINDIR SYSTEMDRIVE COMSPEC PATHEXT APPDATA LOCALAPPDATA USERPROFILE PROGRAMDATA PROGRAMFILES TEMP TMP OS";
    const needed = windowsAgents ? onWindows.split(" ") : ["HOME", "LANG"];
    expect(names).toEqual(expect.arrayContaining(["PATH", "VSTS_PROCESS_LOOKUP_ID", ...needed]));
    expect(names.filter((name) => /^(INPUT|ENDPOINT|SECRET)_/.test(name))).toEqual([]);
  });

  it("uses databricks.exe behind a script of that name on PATH of Windows", async () => {
    const { dir } = path.parse(await lab.programs.cli());
    const scripts = fs.mkdtempSync(path.join(lab.folder, "scripts-"));
    writeFiles(scripts, { "databricks.cmd": "exit /b 9\n" });
    const step = await deploy({ files: bundle, agent: { environment: { PATH: `${scripts}:${dir}:/usr/bin:/bin` } } });
    expect(step, step.text).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("asks for the installer where PATH has only a script of the CLI's name for Windows", async () => {
    const scripts = fs.mkdtempSync(path.join(lab.folder, "scripts-"));
    writeFiles(scripts, { "databricks.cmd": "exit /b 9\n" });
    const step = await deploy({ files: bundle, agent: { environment: { PATH: `${scripts}:/usr/bin:/bin` } } });
    expect(step.errors).toEqual([
      expect.stringMatching(/no Databricks CLI on this agent's PATH\..*DatabricksCliInstaller@1.*#no-cli/s),
    ]);
    const script = `${agentPath(path.join(scripts, "databricks.cmd"))} is a script`;
    expect(step.text.toLowerCase().includes(script.toLowerCase())).toBe(windowsAgents);
  });
});

describe.each(taskNodes)(
  "A machine that does not trust the agent's CA itself, on $name",
  { tags: "windows" },
  ({ path: node }) => {
    const { deploy } = useLab(node);

    it("is enough on Linux; on Windows, the error says how the CLI comes to trust the CA", async () => {
      const step = await deploy({ files: bundle, agent: { trustCa: false } });
      if (!windowsAgents) expect(step).toMatchObject({ result: "Succeeded", issues: [] });
      else {
        expect(step.errors.at(-1), step.text).toMatch(
          /CLI does not trust the certificate of adb-\S+\.net\. On Windows, .*certutil -addstore Root.*#network/s,
        );
      }
    });
  },
);

// With Wine 8, taskkill ends only the CLI itself.
describe.each(taskNodes)("Programs of a bundle, on $name", { tags: "wine10" }, ({ path: node }) => {
  const { checkout } = useLab(node);

  it("end with the CLI that has started them when the step is canceled", async () => {
    const script = `echo started && ${windowsAgents ? "ping -n 50 127.0.0.1" : "sleep 50"}`;
    const { run, job: jobOfAgent } = await checkout(
      bundleOf("systems", job("only", "Only"), `experimental:\n  scripts:\n    predeploy: ${script}\n`),
    );
    let running: string[] = [];
    const cancel = new AbortController();
    const onLine = async (line: string) => {
      if (!line.includes("started")) return;
      const programs = () => jobOfAgent.processes().filter(({ command }) => /\b(ping|sleep)\b/.test(command));
      await expect.poll(programs, { timeout: 30_000 }).not.toEqual([]);
      running = programs().map(({ command }) => command);
      cancel.abort();
    };
    const started = Date.now();
    const step = await run({}, { cancel: cancel.signal, onLine: (line) => void onLine(line) });
    expect(step.result, step.text).toBe("Canceled");
    expect(running).not.toEqual([]);
    // Not by themselves.
    expect(Date.now() - started).toBeLessThan(45_000);
    expect((await jobOfAgent.finish()).orphans).toEqual([]);
  });
});

// With Wine 8, the exit code is 0.
describe.each(wine10 ? taskNodes : [])("Ctrl+C on Windows, on $name", { tags: "wine10" }, ({ path: node }) => {
  it("ends a program that does not handle it with the exit code that the deploy task recognizes", async () => {
    const worker = await startWindowsWorker({ lookupId: undefined, trustedCa: undefined });
    onTestFinished(() => worker.stop());
    const code = await new Promise((resolve) => {
      const script = path.join(os.tmpdir(), `waits-${process.pid}.js`);
      fs.writeFileSync(script, 'console.log("ready"); setTimeout(() => {}, 60_000);');
      onTestFinished(() => fs.rmSync(script));
      const env = { SystemRoot: "C:\\windows", PATH: "C:\\windows\\system32" };
      const program = worker.start({ file: node, args: [script], cwd: os.tmpdir(), env }, (event) => {
        if (event.event === "data") program.signal("SIGINT");
        else if (event.event === "exit") resolve(event.code);
      });
    });
    expect(code).toBe(0xc000013a);
  });
});

/** The contents of all profiles that steps have written. */
function profilesIn(folder: string): string[] {
  const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  const profiles = names.filter((name) => path.basename(name) === "databrickscfg");
  return profiles.map((name) => fs.readFileSync(path.join(folder, name), "utf8"));
}
