import { describe, expect, it } from "vitest";
import { noProxyPattern } from "../../../tasks/common/pipeline/no-proxy.ts";

describe("An entry of NO_PROXY", () => {
  it.each([
    ["*", "https://any.example/"],
    ["host.example", "https://host.example/x"],
    ["HOST.example", "https://host.example/x"],
    ["host.example", "https://below.host.example/"],
    ["host.example:443", "https://host.example/"],
    ["host.example:8443", "https://host.example:8443/"],
    [".internal.example", "https://a.internal.example/"],
    ["*.internal.example", "https://a.internal.example/"],
    ["10.1.2.3", "https://10.1.2.3/"],
    ["10.1.2.3:8443", "https://10.1.2.3:8443/"],
    ["10.0.0.0/8", "https://10.200.0.1:8443/"],
    ["2001:db8::5", "https://[2001:db8:0::5]/"],
    ["[2001:db8::5]", "https://[2001:db8::5]:8443/"],
    ["[2001:db8::5]:8443", "https://[2001:db8::5]:8443/"],
    ["2001:db8::/32", "https://[2001:db8:1::1]/"],
  ])("%s applies to %s", (entry, url) => {
    expect(noProxyPattern(entry).test(url)).toBe(true);
  });

  it.each([
    ["host.example", "https://otherhost.example/"],
    ["host.example", "https://host.example.org/"],
    ["host.example", "https://other.example/?x=host.example"],
    ["host.example:443", "https://host.example:8443/"],
    [".internal.example", "https://internal.example/"],
    ["*.internal.example", "https://internal.example/"],
    ["10.0.0.0/8", "https://11.0.0.1/"],
    ["10.0.0.0/8", "https://ten.example/"],
    ["10.0.0.0/99", "https://10.0.0.1/"],
    ["10.1.2.3", "https://110.1.2.3/"],
    ["2001:db8::5", "https://[2001:db8::6]/"],
    ["2001:db8::/32", "https://[2001:db9::1]/"],
  ])("%s does not apply to %s", (entry, url) => {
    expect(noProxyPattern(entry).test(url)).toBe(false);
  });
});
