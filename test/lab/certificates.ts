import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { isIP } from "node:net";
import path from "node:path";
import { generate } from "selfsigned";

/** A private key and its certificate, both PEM. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

/** A private certificate authority, as companies run for their proxies and servers. */
export interface CertificateAuthority {
  /** The authority's own certificate, PEM. */
  readonly certificate: string;
  /** Path of a file with that PEM: a value for the agent's CA setting, GIT_SSL_CAINFO or SSL_CERT_FILE. */
  readonly file: string;
  /** Issues a server certificate for host names and IP addresses. */
  issue(hostNames: readonly string[]): Promise<ServerCertificate>;
}

const hour = 60 * 60 * 1000;
const keyOptions = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;

function validity() {
  const now = Date.now();
  return { notBeforeDate: new Date(now - hour), notAfterDate: new Date(now + 48 * hour) };
}

/** Makes a certificate authority and writes its certificate into `folder`; the key stays in memory. */
export async function createCertificateAuthority(folder: string): Promise<CertificateAuthority> {
  // OpenSSL tries only the first of two authorities with the same name.
  const name = `Contoso Private Root CA ${randomBytes(4).toString("hex")}`;
  const authority = await generate([{ name: "commonName", value: name }], {
    ...keyOptions,
    ...validity(),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const file = path.join(folder, "ca.pem");
  await fs.promises.writeFile(file, authority.cert);
  const signer = { key: authority.private, cert: authority.cert };
  return { certificate: authority.cert, file, issue: (hostNames) => issueCertificate(signer, hostNames) };
}

async function issueCertificate(ca: ServerCertificate, hostNames: readonly string[]): Promise<ServerCertificate> {
  const issued = await generate([{ name: "commonName", value: hostNames[0] ?? "localhost" }], {
    ...keyOptions,
    ...validity(),
    ca,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: hostNames.map(toAltName) },
    ],
  });
  return { key: issued.private, cert: issued.cert };
}

function toAltName(hostName: string) {
  return isIP(hostName) ? ({ type: 7, ip: hostName } as const) : ({ type: 2, value: hostName } as const);
}

/** A certificate of its own with its RSA key in one PEM text, as a service connection holds it. */
export async function createClientCertificate(): Promise<string> {
  const issued = await generate([{ name: "commonName", value: "databricks-deployer" }], {
    keySize: 2048,
    algorithm: "sha256",
    ...validity(),
  });
  return `${issued.private.trim()}\n${issued.cert.trim()}\n`;
}
