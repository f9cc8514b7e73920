import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { send } from "../../lab/https-server.ts";
import { archiveName, sumsName } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { sha256, zip } from "./archives.ts";

describe.each(taskNodes)("DatabricksCliInstaller, on $name", ({ path: node }) => {
  const { lab, agent, install, startAgent } = useInstallerLab(node, (started) => started.publish("1.11.0"));

  it("reports everything that is wrong with its inputs at once, before any network", { tags: "windows" }, async () => {
    const step = await install({
      version: "newest",
      downloadUrl: "http://mirror.contoso.example/cli",
      archivePath: "missing.zip",
      checksum: "abc",
      reuseInstalled: "perhaps",
    });
    expect(step.result).toBe("Failed");
    const [message = ""] = step.errors;
    for (const name of ["version: ", "downloadUrl: ", "archivePath: ", "checksum: ", "reuseInstalled: "]) {
      expect(message).toContain(name);
    }
    expect(message).toContain("5 inputs");
    expect(message).toContain("archivePath: cannot be combined with downloadUrl.");
    expect(lab.proxy.connections).toEqual([]);
  });

  it.each([
    ["downloadUrl", "mirror", /is not a URL/],
    ["downloadUrl", "https://mirror.contoso.example/cli?x=1", /must not contain a query/],
    ["downloadUrl", "https://one.contoso.example\nhttps://two.contoso.example", /contains a line break/],
    ["downloadUrl", "https://user:100%@mirror.contoso.example/cli", /not percent-encoded/],
    ["downloadUrl", "ftp://mirror.contoso.example/cli", /Use https/],
    ["version", "$(cliVersion)", /\$\(cliVersion\) was not replaced/],
  ])("refuses the input %s: %s", async (name, value, message) => {
    const step = await install({ [name]: value });
    expect(step.errors[0]).toMatch(message);
  });

  it.each([
    ["Linux", "X86"],
    ["Linux", "ARM"],
    ["FreeBSD", "X64"],
  ])("fails on %s %s, and names the platforms that have releases", async (os, architecture) => {
    const other = await startAgent({ platform: { os, architecture } });
    const step = await install({ version: "1.11.0" }, { on: other });
    expect(step.errors[0]).toMatch(
      new RegExp(
        `reports ${os} on ${architecture}.*Linux, Darwin, Windows_NT on X64, ARM64.*#unsupported-platform`,
        "s",
      ),
    );
  });

  it.each([
    ["Linux", "X64", "linux_amd64", "x64"],
    ["Linux", "ARM64", "linux_arm64", "arm64"],
    ["Darwin", "ARM64", "darwin_arm64", "arm64"],
  ])(
    "installs for %s %s the archive of %s, whatever it runs on itself",
    async (os, architecture, target, cacheArch) => {
      const name = archiveName("1.11.0", target);
      const archive = await zip({ name: "databricks", content: fs.readFileSync(lab.fakeCli("1.11.0")) });
      lab.answerMirror((file, response) => {
        if (file.endsWith(name)) send(response, 200, {}, archive);
        else if (file.endsWith(sumsName("1.11.0"))) send(response, 200, {}, `${sha256(archive)}  ${name}\n`);
        else send(response, 404, {});
      });
      const other = await startAgent({ platform: { os, architecture } });
      const step = await install({ version: "1.11.0", downloadUrl: lab.mirrorUrl }, { on: other });
      expect(step.result, step.text).toBe("Succeeded");
      expect(step.outputs["path"]).toContain(`/databricks/1.11.0/${cacheArch}/databricks`);
    },
  );

  it("works within the agent's strictest limits", async () => {
    const step = await install({ version: "1.11.0" }, { commands: "restricted" });
    expect(step.result).toBe("Succeeded");
    expect(step.issues).toEqual([]);
    expect(step.versionOnPath).toBe("1.11.0");
    expect(step.raw.stderr).toEqual([]);
  });

  it("can be run again by the agent's own retry", async () => {
    lab.releases.fault(/\.zip$/, { status: 403 });
    const step = await install({ version: "1.11.0" }, { retryCountOnTaskFailure: 1 });
    expect(step.outputs["source"], step.text).toBe("download");
  });

  it("stops at once when it is canceled, and leaves nothing behind", { tags: "windows" }, async () => {
    lab.releases.fault(/\.zip$/, { hold: true });
    const cancel = new AbortController();
    const running = install({ version: "1.11.0" }, { cancel: cancel.signal });
    while (lab.releases.requests.every(({ path: file }) => !file.endsWith(".zip"))) await sleep(20);
    const canceledAt = Date.now();
    cancel.abort();
    const step = await running;
    // The agent would send the next signal after 7.5 seconds.
    expect(Date.now() - canceledAt).toBeLessThan(7_000);
    expect(step.result).toBe("Canceled");
    expect(fs.existsSync(path.join(agent.toolsDirectory, "databricks"))).toBe(false);
  });
});
