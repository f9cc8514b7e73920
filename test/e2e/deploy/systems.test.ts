import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { windowsAgents } from "../../lab/agents.ts";
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

/** The contents of all profiles that steps have written. */
function profilesIn(folder: string): string[] {
  const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  const profiles = names.filter((name) => path.basename(name) === "databrickscfg");
  return profiles.map((name) => fs.readFileSync(path.join(folder, name), "utf8"));
}
