import { describe, expect, it } from "vitest";
import { networkOptions, serviceEnvironment } from "../../../../tasks/DatabricksLogin/service/environment.ts";

describe("The environment of the token service", () => {
  it("contains what Node needs, what it trusts and how the agent finds the process, and nothing else", () => {
    const needed = { PATH: "/bin", HOME: "/root", VSTS_PROCESS_LOOKUP_ID: "vsts_1" };
    const trust = { NODE_USE_SYSTEM_CA: "1", SSL_CERT_FILE: "ca.pem", SSL_CERT_DIR: "certs" };
    const others = {
      SystemRoot: "C:\\Windows",
      DATABRICKS_TOKEN: "token",
      NODE_EXTRA_CA_CERTS: "ca.pem",
      EMPTY: undefined,
    };
    expect(serviceEnvironment({ ...needed, ...trust, ...others }, [], "linux")).toEqual({ ...needed, ...trust });
    expect(serviceEnvironment({ ...needed, ...others }, [], "win32")).toEqual({ ...needed, SystemRoot: "C:\\Windows" });
  });

  it("contains what the machine sets for Node's libraries and TLS, unless any step of the job could have set it", () => {
    const ofMachine = { LD_LIBRARY_PATH: "/opt/node/lib", OPENSSL_CONF: "/etc/ssl/legacy.cnf" };
    expect(serviceEnvironment(ofMachine, ["other"])).toEqual(ofMachine);
    expect(serviceEnvironment(ofMachine, ["LD_LIBRARY_PATH", "openssl.conf"])).toEqual({});
  });

  it("contains only those options of Node that concern the network", () => {
    const NODE_OPTIONS = "--require ./preload.cjs --use-openssl-ca --inspect";
    expect(serviceEnvironment({ NODE_OPTIONS })).toEqual({ NODE_OPTIONS: "--use-openssl-ca" });
    expect(serviceEnvironment({ NODE_OPTIONS: "--inspect" })).toEqual({});
  });
});

it.each([
  ["--use-system-ca", "--use-system-ca"],
  ["--use_system_ca --max-old-space-size=4096", "--use-system-ca"],
  ['"--use-openssl-ca"', "--use-openssl-ca"],
  ["--use-bundled-ca  --tls-min-v1.0", "--use-bundled-ca --tls-min-v1.0"],
  ["--dns-result-order=ipv4first", "--dns-result-order=ipv4first"],
  [
    "--dns-result-order ipv4first --no-network-family-autoselection",
    "--dns-result-order ipv4first --no-network-family-autoselection",
  ],
  ["--tls-cipher-list=DEFAULT@SECLEVEL=0:!RC4", "--tls-cipher-list=DEFAULT@SECLEVEL=0:!RC4"],
  ["--openssl-shared-config --openssl-config=a.cnf", "--openssl-shared-config"],
  ["--require=--use-system-ca.js --import x--use-system-ca", ""],
  ["--use-system-cas --require ./a.js", ""],
  ["", ""],
])("gives the service of the options %s: %s", (options, expected) => {
  expect(networkOptions(options)).toBe(expected);
});
