import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bypassedName, cliNetworkEnvironment } from "../../../tasks/common/databricks/cli-network.ts";
import type { AgentProxy } from "../../../tasks/common/pipeline/network.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cli-network-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const session = { folder, host: "https://adb-1.2.azuredatabricks.net" };
const proxy: AgentProxy = {
  url: new URL("http://proxy.corp:3128"),
  username: "corp\\user",
  password: "p@ss:w/rd%'",
  bypass: [],
};

function environmentFor(changed: Partial<AgentProxy>, environment: Record<string, string> = {}) {
  return cliNetworkEnvironment({ proxy: { ...proxy, ...changed }, agentCertificates: undefined }, environment, session);
}

describe("The CLI's proxy", () => {
  it("is the agent's, with credentials that survive the way through a URL", () => {
    const url = new URL(environmentFor({})["HTTPS_PROXY"] ?? "");
    expect(url.host).toBe("proxy.corp:3128");
    expect(decodeURIComponent(url.username)).toBe("corp\\user");
    expect(decodeURIComponent(url.password)).toBe("p@ss:w/rd%'");
  });

  it.each(["HTTPS_PROXY", "https_proxy"])("is the job's own where it sets %s", (name) => {
    expect(environmentFor({}, { [name]: "http://own:1" })).toEqual({});
  });

  it("is passed by for what the bypass list names, what the job names, and the workspace where a pattern matches it", () => {
    const bypass = [/.*\.corp/i, /^https?:\/\/(artifacts|feeds)\./i, /adb-\d+\.\d+\./i];
    expect(environmentFor({ bypass }, { NO_PROXY: "localhost,.corp" })["NO_PROXY"]).toBe(
      "localhost,.corp,adb-1.2.azuredatabricks.net",
    );
    expect(environmentFor({})["NO_PROXY"]).toBeUndefined();
  });

  it.each([
    ["artifacts.corp", "artifacts.corp"],
    ["artifacts\\.corp", "artifacts.corp"],
    [".*\\.corp", ".corp"],
    ["*.corp", ".corp"],
    ["^https?://artifacts\\.corp$", "artifacts.corp"],
    ["https:\\/\\/artifacts\\.corp:8443", "artifacts.corp:8443"],
    ["(a|b)\\.corp", undefined],
    ["artifacts.*", undefined],
  ])("passes by the pattern %s as %s", (pattern, name) => {
    expect(bypassedName(pattern)).toBe(name);
  });
});

describe("The CLI's certificates", () => {
  it("are the agent's beside those of the system, or of the job's own SSL_CERT_FILE", () => {
    const own = path.join(folder, "own.pem");
    fs.writeFileSync(own, "OWN ROOTS");
    const network = { proxy: undefined, agentCertificates: "AGENT CA" };
    const { SSL_CERT_FILE = "" } = cliNetworkEnvironment(network, { SSL_CERT_FILE: own }, session);
    expect(fs.readFileSync(SSL_CERT_FILE, "utf8")).toBe("OWN ROOTS\nAGENT CA\n");
    expect(fs.statSync(SSL_CERT_FILE).mode & 0o077).toBe(0);
  });

  it("are untouched when the agent has none", () => {
    expect(cliNetworkEnvironment({ proxy: undefined, agentCertificates: undefined }, {}, session)).toEqual({});
  });
});
