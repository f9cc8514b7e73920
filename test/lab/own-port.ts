import { randomInt } from "node:crypto";
import type { Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** Linux gives ports from 32768 on to connections and to servers without a port of their own (ip_local_port_range). */
const lowest = 16_384;
const highest = 32_767;

/** Lets a server listen on 127.0.0.1, on a port that is still free when it listens there again later. Returns the port. */
export async function listenOnOwnPort(server: Server): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    if (await listens(server, port)) return port;
  }
}

/** Lets a server listen again on its port, also if that is taken for a moment. */
export async function listenAgain(server: Server, port: number): Promise<void> {
  for (let attempt = 1; !(await listens(server, port)); attempt++) {
    if (attempt === 100) throw new Error(`Something else listens on port ${port}.`);
    await delay(50);
  }
}

/** Lets a server listen on a port of 127.0.0.1. Returns whether that is possible. */
function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(false) : reject(error));
    server.once("error", onError).listen(port, "127.0.0.1", () => {
      server.off("error", onError);
      resolve(true);
    });
  });
}
