import { expect, it } from "vitest";
import type { Network } from "../../../../tasks/common/pipeline/network.ts";
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
