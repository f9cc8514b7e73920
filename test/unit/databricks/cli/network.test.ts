import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  bypassedName,
  proxyEnvironment,
  trustStoreAdvice,
  writeCertificates,
} from "../../../../tasks/common/databricks/cli/network.ts";
import type { AgentProxy } from "../../../../tasks/common/pipeline/network.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cli-network-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const host = "https://adb-1.2.azuredatabricks.net";
const proxy: AgentProxy = {
  url: new URL("http://proxy.corp:3128"),
  username: "corp\\user",
  password: "p@ss:w/rd%'",
  bypass: [],
};

function environmentFor(changed: Partial<AgentProxy>, environment: Record<string, string> = {}) {
  return proxyEnvironment({ proxy: { ...proxy, ...changed }, extraCertificates: undefined }, environment, host);
}

describe("The CLI's proxy", () => {
  it("takes the agent's proxy, with credentials encoded for a URL", () => {
    const url = new URL(environmentFor({})["HTTPS_PROXY"] ?? "");
    expect(url.host).toBe("proxy.corp:3128");
    expect(decodeURIComponent(url.username)).toBe("corp\\user");
    expect(decodeURIComponent(url.password)).toBe("p@ss:w/rd%'");
  });

  it.each(["HTTPS_PROXY", "https_proxy"])("takes the job's own proxy if it sets %s", (name) => {
    expect(environmentFor({}, { [name]: "http://own:1" })).toEqual({ NO_PROXY: "127.0.0.1,localhost" });
  });

  it("bypasses the proxy for names in the bypass list and the job, and for a workspace that a pattern matches", () => {
    const bypass = [/.*\.corp/i, /^https?:\/\/(artifacts|feeds)\./i, /adb-\d+\.\d+\./i];
    expect(environmentFor({ bypass }, { NO_PROXY: "localhost,.corp" })["NO_PROXY"]).toBe(
      "localhost,.corp,127.0.0.1,adb-1.2.azuredatabricks.net",
    );
  });

  it.each<[Record<string, string>, Record<string, string>]>([
    [{}, { NO_PROXY: "127.0.0.1,localhost" }],
    [{ NO_PROXY: "a, 127.0.0.1" }, { NO_PROXY: "a,127.0.0.1,localhost" }],
    [{ no_proxy: "a" }, { NO_PROXY: "a,127.0.0.1,localhost", no_proxy: "a,127.0.0.1,localhost" }],
    [
      { NO_PROXY: "a", no_proxy: "b" },
      { NO_PROXY: "a,127.0.0.1,localhost", no_proxy: "b,127.0.0.1,localhost" },
    ],
    [{ NO_PROXY: "a,*" }, { NO_PROXY: "*" }],
  ])("bypasses every proxy for this machine: %o", (environment, expected) => {
    const own = { HTTPS_PROXY: "http://own:1", ...environment };
    expect(environmentFor({}, own)).toEqual(expected);
    expect(environmentFor({}, environment)).toMatchObject(expected);
    expect(proxyEnvironment({ proxy: undefined, extraCertificates: undefined }, environment, host)).toEqual(expected);
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
  ])("translates the bypass pattern %s to %s", (pattern, name) => {
    expect(bypassedName(pattern)).toBe(name);
  });
});

describe("The CLI's certificates", () => {
  it("adds the agent's certificates to those of the system or of the job's own SSL_CERT_FILE", () => {
    const own = path.join(folder, "own.pem");
    fs.writeFileSync(own, "OWN ROOTS");
    const network = { proxy: undefined, extraCertificates: "AGENT CA" };
    const { SSL_CERT_FILE = "", REQUESTS_CA_BUNDLE } = writeCertificates(network, { SSL_CERT_FILE: own }, folder);
    expect(REQUESTS_CA_BUNDLE).toBe(SSL_CERT_FILE);
    expect(fs.readFileSync(SSL_CERT_FILE, "utf8")).toBe("OWN ROOTS\nAGENT CA\n");
    expect(fs.statSync(SSL_CERT_FILE).mode & 0o077).toBe(0);
  });

  it("sets no certificate variables if the agent has no certificates", () => {
    const environment = writeCertificates({ proxy: undefined, extraCertificates: undefined }, {}, folder);
    expect(environment).not.toHaveProperty("SSL_CERT_FILE");
    expect(environment).not.toHaveProperty("REQUESTS_CA_BUNDLE");
  });

  it("keeps the job's own certificates for Python if it sets REQUESTS_CA_BUNDLE", () => {
    const network = { proxy: undefined, extraCertificates: "AGENT CA" };
    const environment = writeCertificates(network, { REQUESTS_CA_BUNDLE: "own.pem" }, folder);
    expect(environment["REQUESTS_CA_BUNDLE"]).toBe("own.pem");
  });

  it.each(["win32", "darwin"] as const)("advises to add the agent's CA to the trust store of %s", (platform) => {
    expect(trustStoreAdvice({ proxy: undefined, extraCertificates: "AGENT CA" }, platform)).toMatch(/trust store/);
    expect(trustStoreAdvice({ proxy: undefined, extraCertificates: undefined }, platform)).toBeUndefined();
    expect(trustStoreAdvice({ proxy: undefined, extraCertificates: "AGENT CA" }, "linux")).toBeUndefined();
  });
});
