import { createHash } from "node:crypto";
import { print } from "../../common/pipeline/commands.ts";
import type { StreamedResponse } from "../../common/pipeline/http-exchange.ts";
import { HttpFailure } from "../../common/pipeline/http-failure.ts";
import { archiveName, type Platform } from "../platform.ts";
import { type Absence, absence, downloadFailure, expectFile, webPage } from "./answers.ts";
import type { Releases } from "./releases.ts";

/** A release archive in memory, of which nothing is used before its SHA-256 was compared. */
export interface Archive {
  readonly name: string;
  readonly bytes: Buffer;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** Far above the size of a release archive. */
export const maxArchiveBytes = 512 * 1024 * 1024;
/** A transfer with fewer bytes than this in 30 seconds would take days. */
const leastBytes = 16 * 1024;
const zipStart = Buffer.from("PK");
const quietMs = 2_000;

/** Downloads a release archive and computes its hash meanwhile; gives the reason when the server does not have the archive. */
export async function downloadArchive(
  releases: Releases,
  version: string,
  platform: Platform,
): Promise<Archive | Absence> {
  const name = archiveName(version, platform);
  const request = { method: "GET", url: releases.archiveUrl(version), leastBytes } as const;
  return releases
    .stream(request, async (response): Promise<Archive | Absence> => {
      const absent = absence(response, releases);
      if (absent) return absent;
      expectFile(response, name, releases);
      return { name, ...(await readBody(response, name, releases)) };
    })
    .catch((error: unknown) => {
      throw downloadFailure(error, name, releases);
    });
}

/** The whole body and its hash. Throws an HttpFailure, which is retried, for a body that is shorter than announced. */
async function readBody(response: StreamedResponse, name: string, releases: Releases): Promise<Omit<Archive, "name">> {
  const announced = announcedLength(response);
  const progress = progressOf(announced, print);
  const hash = createHash("sha256");
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    const expected = zipStart.subarray(received, received + chunk.length);
    if (!chunk.subarray(0, expected.length).equals(expected)) throw webPage(new URL(response.url).host, name, releases);
    received += chunk.length;
    if (received > maxArchiveBytes) {
      throw new HttpFailure("too-large", response.url, "the archive is larger than any release of the Databricks CLI");
    }
    hash.update(chunk);
    chunks.push(chunk);
    progress(received);
  }
  if (received === 0 || (announced !== undefined && received !== announced)) {
    throw new HttpFailure("reset", response.url, `the download ended after ${received} of ${announced ?? "?"} bytes`);
  }
  return { bytes: Buffer.concat(chunks, received), sha256: hash.digest("hex") };
}

function announcedLength({ headers }: StreamedResponse): number | undefined {
  const length = Number(headers["content-length"] ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : undefined;
}

/** Prints the progress of a slow transfer a few times: at each quarter, or at each doubling when the size is unknown. */
export function progressOf(total: number | undefined, print: (text: string) => void, now: () => number = Date.now) {
  let reportedAt = now();
  let next = total === undefined ? 16 * 1024 * 1024 : total / 4;
  /** `received`: the number of bytes so far. */
  return (received: number): void => {
    if (received < next || received === total) return;
    next = total === undefined ? received * 2 : (Math.floor((received * 4) / total) + 1) * (total / 4);
    if (now() - reportedAt < quietMs) return;
    reportedAt = now();
    print(total === undefined ? `  ${megabytes(received)} so far` : `  ${megabytes(received)} of ${megabytes(total)}`);
  };
}

/** A size for people, such as "12.3 MB". */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
