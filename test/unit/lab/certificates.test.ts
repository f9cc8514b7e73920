import { X509Certificate } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CertificateAuthority, createCertificateAuthority } from "../../lab/certificates.ts";
import { requestOverTls } from "../../lab/https-client.ts";
import { type RunningServer, send, startServer } from "../../lab/https-server.ts";

describe("the certificate authority", () => {
  let folder: string;
  let authority: CertificateAuthority;
  let server: RunningServer;

  beforeAll(async () => {
    folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "lab-certificates-"));
    authority = await createCertificateAuthority(folder);
    const certificate = await authority.issue(["dev.azure.com", "adb-1.2.azuredatabricks.net", "127.0.0.1"]);
    server = await startServer(async (_request, response) => send(response, 200, {}, "hello"), certificate);
  });

  afterAll(async () => {
    await server.close();
    await fs.promises.rm(folder, { recursive: true });
  });

  it("the authority writes only its certificate, for others to trust", async () => {
    const file = await fs.promises.readFile(authority.file, "utf8");
    expect(file).toBe(authority.certificate);
    expect(file).not.toContain("PRIVATE KEY");
    expect(new X509Certificate(file).ca).toBe(true);
  });

  it("the authority issues certificates for names and addresses", async () => {
    const issued = new X509Certificate((await authority.issue(["github.com", "127.0.0.1"])).cert);
    expect(issued.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(issued.ca).toBe(false);
    expect(issued.checkHost("github.com")).toBe("github.com");
    expect(issued.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(issued.checkHost("gitlab.com")).toBeUndefined();
  });

  it.each(["dev.azure.com", "adb-1.2.azuredatabricks.net"])(
    "a client that trusts the authority accepts the server %s",
    async (name) => {
      const reply = await requestOverTls({ ca: authority.certificate, port: server.port }, `https://${name}/`);
      expect(reply.text).toBe("hello");
    },
  );

  it("a client refuses a name that the certificate does not hold", async () => {
    const request = requestOverTls({ ca: authority.certificate, port: server.port }, "https://github.com/");
    await expect(request).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  it("a client that trusts another authority refuses the server", async () => {
    const otherFolder = await fs.promises.mkdtemp(path.join(folder, "other-"));
    const other = await createCertificateAuthority(otherFolder);
    const request = requestOverTls({ ca: other.certificate, port: server.port }, "https://dev.azure.com/");
    await expect(request).rejects.toThrow(/certificate|signature/);
  });
});
