import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { root } from "../../../scripts/project.ts";
import { packagedExtension } from "../harness.ts";
import { startInstallerLab } from "../installer/installer-lab.ts";

describe("Running the package without an agent, as the pipeline does on Windows and macOS", () => {
  it("installs the latest CLI, finds it in the cache and starts it; the deploy task checks its inputs", async () => {
    const lab = await startInstallerLab();
    await lab.publish("1.11.0");
    const { proxy, caFile } = lab.agentNetwork;
    const address = new URL(proxy?.url ?? "");
    address.username = encodeURIComponent(proxy?.username ?? "");
    address.password = encodeURIComponent(proxy?.password ?? "");
    const env = { ...process.env, HTTPS_PROXY: address.href, AGENT_CAINFO: caFile };
    const tsx = path.join(root, "node_modules", ".bin", "tsx");
    const args = [path.join(root, "scripts", "try-package.ts"), path.dirname(packagedExtension())];
    const { stdout } = await promisify(execFile)(tsx, args, { env });
    await lab.close();
    expect(stdout).toContain('"Version":"1.11.0"');
    expect(stdout).not.toContain("##vso");
  });
});
