import type { IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";

/** What has come of an answer: `status` is undefined if nothing has, and `isWhole` is false if it has not ended. */
export interface ReceivedAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  readonly isWhole: boolean;
}

interface Question {
  readonly port: number;
  readonly ca: string;
  /** The name that the certificate must have. */
  readonly host: string;
  readonly path: string;
  /** Ends the connection after this time; default 5 seconds. */
  readonly withinMs?: number | undefined;
}

/** Asks a server on loopback, and resolves to what has come until the answer or its connection ends. Rejects without a connection. */
export function bytesOverTls({ port, ca, host, path, withinMs = 5_000 }: Question): Promise<ReceivedAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const end = (status: number | undefined, headers: IncomingHttpHeaders, isWhole: boolean) => {
      clearTimeout(timer);
      const body = Buffer.concat(chunks);
      resolve({ status, headers, body, text: body.toString(), isWhole });
    };
    const options = { host: "127.0.0.1", port, ca, servername: host, headers: { host }, path, agent: false } as const;
    const outgoing = httpsRequest(options, (response) => {
      isAnswered = true;
      response.on("data", (chunk: Buffer) => void chunks.push(chunk));
      response.on("error", () => {});
      response.once("close", () => end(response.statusCode, response.headers, response.complete));
    });
    let isLate = false;
    let isAnswered = false;
    const timer = setTimeout(() => {
      isLate = true;
      outgoing.destroy();
      if (!isAnswered) end(undefined, {}, false);
    }, withinMs);
    outgoing.on("error", (error) => {
      clearTimeout(timer);
      if (!isLate) reject(error);
    });
    outgoing.end();
  });
}
