import { expect, it } from "vitest";
import { type Network, proxyFor } from "../../../../tasks/common/pipeline/network.ts";
import { agentNetwork } from "../../../../tasks/common/pipeline/network-settings.ts";
import { networkMessage, networkOf } from "../../../../tasks/DatabricksLogin/service/handover.ts";

const viaJson = (network: Network) => networkOf(JSON.parse(JSON.stringify(networkMessage(network))));

it("hands over the network settings through JSON without a loss", () => {
  const network: Network = {
    proxy: {
      url: new URL("http://user@proxy.example:8080/"),
      username: "user",
      password: "p@ss",
      bypass: [/^https?:\/\/.*\.example/i, /a"b\\c/i],
    },
    extraCertificates: "-----BEGIN CERTIFICATE-----\nabc\n",
    missingCaFile: "/ca.pem",
  };
  expect(viaJson(network)).toEqual(network);
});

it("hands over that there is no proxy, and that Node's own certificates are right", () => {
  const network = viaJson({ proxy: undefined, extraCertificates: undefined });
  expect(network.proxy).toBeUndefined();
  // Not the empty text, which would replace Node's list.
  expect(network.extraCertificates).toBeUndefined();
});

it.each([
  // The entry of NO_PROXY, an address that it matches, and one that it does not.
  ["*", "https://login.example/", undefined],
  ["*.example", "https://login.example/", "https://login.example.org/"],
  [".example", "https://login.example/", "https://other-example.org/"],
  ["login.example", "https://a.login.example/", "https://login-example.org/"],
  ["login.example:8443", "https://login.example:8443/", "https://login.example/"],
  ["10.0.0.0/8", "https://10.1.2.3/", "https://11.1.2.3/"],
  ["[fd00::1]", "https://[fd00::1]/", "https://[fd00::2]/"],
])("hands over the entry %s of NO_PROXY with its meaning", (NO_PROXY, direct, proxied) => {
  const network = viaJson(agentNetwork({ HTTPS_PROXY: "http://proxy.example:8080", NO_PROXY }));
  expect(proxyFor(network, new URL(direct))).toBeUndefined();
  if (proxied !== undefined) expect(proxyFor(network, new URL(proxied))).toBe(network.proxy);
});
