import { randomBytes, X509Certificate } from "node:crypto";
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
  /** Issues a server certificate for host names and IP addresses, which is valid for two days unless another time is given. */
  issue(hostNames: readonly string[], valid?: Validity): Promise<ServerCertificate>;
}

/** The time in which a certificate is valid. */
export interface Validity {
  readonly notBeforeDate: Date;
  readonly notAfterDate: Date;
}

const hour = 60 * 60 * 1000;
const keyOptions = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;

function validity(): Validity {
  const now = Date.now();
  return { notBeforeDate: new Date(now - hour), notAfterDate: new Date(now + 48 * hour) };
}

/** Makes a certificate authority and writes its certificate into `folder`; the key stays in memory. */
export async function createCertificateAuthority(folder: string): Promise<CertificateAuthority> {
  // OpenSSL tries only the first of two authorities with the same name.
  const name = `Contoso Private Root CA ${randomBytes(4).toString("hex")}`;
  const authority = await generateForWine([{ name: "commonName", value: name }], {
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
  return { certificate: authority.cert, file, issue: (hostNames, valid) => issueCertificate(signer, hostNames, valid) };
}

async function issueCertificate(
  ca: ServerCertificate,
  hostNames: readonly string[],
  valid = validity(),
): Promise<ServerCertificate> {
  const issued = await generateForWine([{ name: "commonName", value: hostNames[0] ?? "localhost" }], {
    ...keyOptions,
    ...valid,
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

/** `ecdsa-with-SHA256` in DER, in front of a certificate's signature. */
const ecdsaWithSha256 = Buffer.from("300a06082a8648ce3d040302", "hex");

/**
 * Generates a certificate whose signature Wine 8 can check. It takes a signature for wrong if one of its two numbers begins with a
 * zero byte, as in one of 128 signatures.
 */
async function generateForWine(...[attributes, options]: Parameters<typeof generate>): ReturnType<typeof generate> {
  for (;;) {
    const generated = await generate(attributes, options);
    if (signatureNumbers(generated.cert).every(({ length }) => length === 32)) return generated;
  }
}

/** The two numbers of a certificate's ECDSA signature, without leading zeros (RFC 3279: Ecdsa-Sig-Value). */
export function signatureNumbers(certificate: string): Buffer[] {
  const { raw } = new X509Certificate(certificate);
  // Behind the algorithm: tag, length and unused bits of the BIT STRING, then tag and length of the SEQUENCE.
  const start = raw.lastIndexOf(ecdsaWithSha256) + ecdsaWithSha256.length + 5;
  const first = integerAt(raw, start);
  return [first, integerAt(raw, first.end)].map(({ value }) => value);
}

function integerAt(der: Buffer, offset: number): { value: Buffer; end: number } {
  const [start, end] = [offset + 2, offset + 2 + (der[offset + 1] ?? 0)];
  const sign = der[start] === 0 ? 1 : 0;
  return { value: der.subarray(start + sign, end), end };
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
