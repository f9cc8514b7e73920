import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createCertificateAuthority, type ServerCertificate } from "../../lab/certificates.ts";
import { readBody, send, startServer } from "../../lab/https-server.ts";
import { type Lab, workspaceHost } from "../../lab/lab.ts";
import { type Person, signInPerson } from "../../lab/person.ts";
import type { Trace } from "../leak-search.ts";
import type { FaultSources } from "./fault-kinds.ts";

/** The version of the CLI that installers of the matrix install. */
export const installedVersion = "1.11.0";

/** What all cells of a matrix share: a lab, and the certificates of the gateways. */
export interface FaultRoom extends FaultSources {
  readonly lab: Lab;
  /** The Node binaries that agents run tasks with, in turn. */
  readonly nodes: readonly string[];
  /** Of all gateways, and of HTTPS proxies. */
  readonly certificate: ServerCertificate;
  /** The authorities that agents trust. */
  readonly caFile: string;
  /** The port of the other host, to which services redirect. */
  readonly elsewherePort: number;
  /** What was sent there. */
  readonly sentElsewhere: Trace[];
  /** Somebody who changes jobs by hand. */
  readonly person: Person;
  /** The executable in the archive of `installedVersion`. */
  readonly executable: string;
  close(): Promise<void>;
}

const elsewhereName = "elsewhere.contoso.example";
const names = [
  "dev.azure.com",
  "login.microsoftonline.com",
  workspaceHost,
  "github.com",
  "release-assets.githubusercontent.com",
  elsewhereName,
  "127.0.0.1",
  "localhost",
];
const day = 24 * 60 * 60 * 1000;

/** Prepares a lab for a matrix. Closing the room leaves the lab open. */
export async function openRoom(lab: Lab, nodes: readonly string[]): Promise<FaultRoom> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "faults-"));
  const authority = await createCertificateAuthority(folder);
  fs.mkdirSync(path.join(folder, "stranger"));
  const stranger = await createCertificateAuthority(path.join(folder, "stranger"));
  const caFile = path.join(folder, "trusted.pem");
  fs.writeFileSync(caFile, `${fs.readFileSync(lab.agentNetwork.caFile ?? "", "utf8")}\n${authority.certificate}`);
  const certificate = await authority.issue(names);
  const past = { notBeforeDate: new Date(Date.now() - 10 * day), notAfterDate: new Date(Date.now() - day) };

  const sentElsewhere: Trace[] = [];
  const answer: Parameters<typeof startServer>[0] = async (request, response) => {
    const text = `${request.rawHeaders.join("\n")}\n${await readBody(request)}`;
    sentElsewhere.push({ where: "request to another host", text });
    send(response, 404, { "content-type": "text/plain" }, "Not Found");
  };
  const elsewhere = await startServer(answer, certificate);
  const loopback = await startServer(answer);

  const executable = path.join(folder, "databricks");
  fs.writeFileSync(executable, `#!/bin/sh\necho '{"Version":"${installedVersion}"}'\n`, { mode: 0o755 });
  await lab.releases.add({ version: installedVersion, executable });
  lab.releases.setLatest(installedVersion);
  // They go on for longer than a step takes to fail.
  lab.workspace.runs({ result: "FAILED", message: "The notebook failed.", lastForMs: 5_000 });
  return {
    lab,
    nodes,
    certificate,
    caFile,
    bad: {
      "TLS untrusted": await stranger.issue(names),
      "TLS expired": await authority.issue(names, past),
      "TLS wrong name": await authority.issue(["www.contoso.example"]),
    },
    elsewhere: { host: `https://${elsewhereName}/`, loopback: `http://127.0.0.1:${loopback.port}/` },
    elsewherePort: elsewhere.port,
    sentElsewhere,
    person: await signInPerson(lab),
    executable,
    async close() {
      await Promise.all([elsewhere.close(), loopback.close()]);
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
