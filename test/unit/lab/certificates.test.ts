import { X509Certificate } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CertificateAuthority, createCertificateAuthority, signatureNumbers } from "../../lab/certificates.ts";
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

/** The second number of its signature has 31 bytes. */
const shortSignature = `-----BEGIN CERTIFICATE-----
MIIBwjCCAWmgAwIBAgIJM69TWWLO5xYQMAoGCCqGSM49BAMCMCsxKTAnBgNVBAMT
IENvbnRvc28gUHJpdmF0ZSBSb290IENBIDRjNmQ1YWE5MB4XDTI2MTEyNjE4MDE0
N1oXDTI2MTEyODE5MDE0N1owNTEzMDEGA1UEAxMqYWRiLTEyMzQ1Njc4OTAxMjM0
NTYuNy5henVyZWRhdGFicmlja3MubmV0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
QgAEdlchkBKG1kptj7+YrJWkNa03fdU25TZa9FKsI39jpCB9KWc8Ia3j42rGOCWh
9m4F6xVgXKf/hrrqzj0FLzAWYqNsMGowDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8E
BAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwNQYDVR0RBC4wLIIqYWRiLTEyMzQ1
Njc4OTAxMjM0NTYuNy5henVyZWRhdGFicmlja3MubmV0MAoGCCqGSM49BAMCA0cA
MEQCIHCQRnoD95cEQ3CEc2p/3GySoU3OdYpNRZhzB5ehK46dAiAA4jXpIljNTGDi
hrm9D8UH9JiMA++DO1OqGK8kpkJ4sw==
-----END CERTIFICATE-----`;

describe("signatures", () => {
  it("are read without the zero in front of a number", () => {
    expect(signatureNumbers(shortSignature).map(({ length }) => length)).toEqual([32, 31]);
  });

  it("have two whole numbers, because Wine 8 refuses shorter ones", { timeout: 180_000 }, async () => {
    const folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "lab-certificates-"));
    const { issue } = await createCertificateAuthority(folder);
    const certificates = await Promise.all(Array.from({ length: 300 }, () => issue(["github.com"])));
    const numbers = certificates.flatMap(({ cert }) => signatureNumbers(cert));
    expect(numbers.filter(({ length }) => length !== 32)).toEqual([]);
    await fs.promises.rm(folder, { recursive: true });
  });
});
