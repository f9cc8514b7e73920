import { describe, expect, it } from "vitest";
import type { Fault } from "../../lab/faults.ts";
import { send } from "../../lab/https-server.ts";
import { archiveName, sumsName, thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { sha256 } from "./archives.ts";
import { mirrorHosts } from "./installer-lab.ts";

const archive = archiveName("1.11.0", thisPlatform);
const assetHost = "release-assets.githubusercontent.com";

describe.each(taskNodes)("Networks, on $name", ({ path: node }) => {
  const { lab, install, startAgent } = useInstallerLab(node, (started) =>
    started.publish("1.11.0", { version: "1.12.0", corrupt: "html" }),
  );

  function requestsFor(text: string): number {
    return lab.releases.requests.filter(({ host, path }) => `${host}${path}`.includes(text)).length;
  }

  it.each<[string, Fault]>([
    ["429 with Retry-After", { status: 429, headers: { "Retry-After": "1" } }],
    ["500", { status: 500 }],
    ["503 as a web page", { status: 503, html: "<html>Unicorn</html>" }],
    ["a connection that breaks", { reset: true }],
  ])("tries again after %s", async (_, fault) => {
    lab.releases.fault(archive, fault);
    const step = await install({ version: "1.11.0" });
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.issues).toEqual([]);
    expect(step.text).toMatch(/ github\.com( returned status \d+|: .+)\. Trying again in \d\.\d s\./);
    if (fault.headers) expect(step.durationMs).toBeGreaterThan(1_000);
  });

  it("tries again after a body that is cut short", async () => {
    const content = await lab.releases.archive("1.11.0", thisPlatform);
    let times = 0;
    lab.answerMirror((file, response) => {
      if (file.endsWith("SUMS")) return send(response, 200, {}, `${sha256(content)}  ${archive}\n`);
      if (!file.endsWith(archive)) return send(response, 404, {});
      if (times++ > 0) return send(response, 200, {}, content);
      response.writeHead(200, { "Content-Length": content.length });
      response.write(content.subarray(0, 100), () => response.destroy());
    });
    const step = await install({ version: "1.11.0", downloadUrl: lab.mirrorUrl });
    expect(step.outputs["source"], step.text).toBe("download");
    expect(times).toBe(2);
  });

  it.each([
    [
      "limits requests",
      4,
      { status: 429, headers: { "Retry-After": "0" } },
      /status 429\.\sThe server limits requests/,
    ],
    ["has a problem", 4, { status: 502, headers: { "Retry-After": "0" } }, /status 502\.\sThe server has a problem/],
    ["refuses", 1, { status: 403 }, /status 403\.\sThe server, or a proxy in front of it, denied the request/],
    ["sends a sign-in page", 1, { html: "<html>Sign in</html>" }, /returned a web page instead of the file/],
    ["breaks the connection", 4, { reset: true }, /(connection was interrupted|hang up).*closes the connection/s],
  ])("explains the failure when the server %s each time", async (_, times, fault, message) => {
    lab.releases.fault(archive, fault, times);
    const step = await install({ version: "1.11.0" });
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toMatch(message);
    expect(step.errors[0]).toMatch(/Cannot download databricks_cli_1\.11\.0.*#download/s);
  });

  it("recognizes a web page in place of the archive, whatever its type and status", async () => {
    const step = await install({ version: "1.12.0" });
    expect(step.errors[0]).toMatch(/web page instead of the file.*proxy or a sign-in page/s);
  });

  it("names the host that cannot be reached, also after a redirect", async () => {
    lab.proxy.unmap(assetHost);
    const step = await install({ version: "1.11.0" });
    lab.proxy.map(assetHost, lab.releases.port);
    expect(step.errors[0]).toMatch(new RegExp(`Cannot download .*: ${assetHost}.*could not connect to it`));
  });

  it("says that the proxy's credentials are wrong", async () => {
    const stranger = await startAgent({
      proxy: { url: lab.proxy.url, username: "agent", password: "wrong" },
    });
    const step = await install({ version: "1.11.0" }, { on: stranger });
    expect(step.errors[0]).toMatch(/does not accept the user name and the password \(407\).*--proxypassword/s);
  });

  it("trusts the agent's CA, and says how to configure it when it is missing", async () => {
    const stranger = await startAgent({ caFile: "/etc/ssl/certs/ca-certificates.crt" });
    const step = await install({ version: "1.11.0" }, { on: stranger });
    expect(step.errors[0]).toMatch(/its certificate is not trusted.*--sslcacert/s);
  });

  it("goes around the proxy where the agent's bypass list says so", async () => {
    const direct = await startAgent({
      proxy: { url: lab.proxy.url, username: "agent", password: "x", bypass: ["^https://github\\.com$"] },
    });
    const step = await install({ version: "1.11.0" }, { on: direct });
    expect(lab.proxy.connections).toEqual([]);
    expect(step.errors[0]).toMatch(/github\.com: (the host name|the connection)/);
  });

  it("sends a mirror's credentials to the mirror, and not to the hosts that it redirects to", async () => {
    const content = await lab.releases.archive("1.11.0", thisPlatform);
    const authorizations: Record<string, string | undefined> = {};
    lab.answerMirror((file, response, { headers }) => {
      const host = headers.host ?? "";
      authorizations[`${host}${file}`] = headers.authorization;
      if (file.endsWith("SUMS")) return send(response, 200, {}, `${sha256(content)}  ${archive}\n`);
      if (host === mirrorHosts[1]) return send(response, 200, {}, content);
      send(response, 302, { Location: `https://${mirrorHosts[1]}/blob` });
    });
    const step = await install({
      version: "1.11.0",
      downloadUrl: lab.mirrorUrl.replace("//", "//user:t%3Aken@"),
    });
    expect(step.outputs["source"], step.text).toBe("download");
    const basic = `Basic ${Buffer.from("user:t:ken").toString("base64")}`;
    expect(authorizations).toEqual({
      [`${mirrorHosts[0]}/databricks-cli/v1.11.0/${archive}`]: basic,
      [`${mirrorHosts[0]}/databricks-cli/v1.11.0/${sumsName("1.11.0")}`]: basic,
      [`${mirrorHosts[1]}/blob`]: undefined,
    });
    expect(step.text).not.toMatch(/t:ken|t%3Aken/);
    expect(step.text).not.toContain(basic.slice(6));
  });

  it("shows the progress of a long download a few times", async () => {
    const content = await lab.releases.archive("1.11.0", thisPlatform);
    const padded = Buffer.concat([content, Buffer.alloc(4_000_000)]);
    lab.answerMirror(async (file, response) => {
      if (!file.endsWith(archive)) return send(response, 200, {}, `${sha256(padded)}  ${archive}\n`);
      response.writeHead(200, { "Content-Length": padded.length });
      for (let part = 0; part < 100; part++) {
        response.write(
          padded.subarray(Math.ceil((part * padded.length) / 100), Math.ceil(((part + 1) * padded.length) / 100)),
        );
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      response.end();
    });
    const step = await install({ version: "1.11.0", downloadUrl: lab.mirrorUrl });
    const lines = step.log.filter((line) => / of 4\.\d MB/.test(line));
    expect(lines.length).toBeGreaterThanOrEqual(1);
    expect(lines.length).toBeLessThanOrEqual(3);
  });

  it("asks for each file once when nothing goes wrong", async () => {
    await install({ version: "1.11.0" });
    expect(requestsFor(`github.com/databricks/cli/releases/download/v1.11.0/${archive}`)).toBe(1);
    expect(requestsFor(sumsName("1.11.0"))).toBe(1);
  });
});
