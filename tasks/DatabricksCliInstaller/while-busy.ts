import { setTimeout as sleep } from "node:timers/promises";
import { print } from "../common/pipeline/commands.ts";
import { Canceled } from "../common/pipeline/errors.ts";
import { errorCode } from "../common/pipeline/file-failure.ts";
import type { Platform } from "./platform.ts";

/** How long a step waits for busy files, in total. */
const patienceMs = 30_000;
const printAfterMs = 1_000;
const longestPauseMs = 1_000;

/**
 * Windows does not start, read, rename or remove what a virus scanner or a starting process has open, for as long as it is
 * open. `UNKNOWN` is what Node reports for the errors of scanners that have no code of their own.
 */
const busyCodes = new Set(["EPERM", "EBUSY", "EACCES", "UNKNOWN"]);

/**
 * Does `work` on a file. On Windows it is done again while another program has the file open, and is told how often it has
 * failed; the last error is thrown. Other systems do not keep a file busy, so nothing waits there.
 */
export type WhileBusy = <T>(file: string, work: (failures: number) => T | Promise<T>) => Promise<T>;

/** The agent's machine, as far as its files are concerned. */
export interface Machine {
  readonly platform: Platform;
  readonly whileBusy: WhileBusy;
}

interface Clock {
  readonly wait: (ms: number) => Promise<unknown>;
  readonly print: (line: string) => void;
}

/** All waits of a step together last at most half a minute; one line is printed after the first second. */
export function waitWhileBusy(platform: Pick<Platform, "os">, cancel?: AbortSignal, clock?: Clock): WhileBusy {
  if (platform.os !== "windows") return async (_, work) => work(0);
  const { wait, print: printLine } = clock ?? { wait: (ms) => pause(ms, cancel), print };
  let waitedMs = 0;
  let printed = false;

  return async (file, work) => {
    for (let failures = 0; ; ) {
      try {
        return await work(failures);
      } catch (error) {
        if (!busyCodes.has(errorCode(error)) || waitedMs >= patienceMs) throw error;
        failures += 1;
        const pauseMs = Math.min(failures * 50, longestPauseMs, patienceMs - waitedMs);
        await wait(pauseMs);
        waitedMs += pauseMs;
        if (!printed && waitedMs >= printAfterMs) {
          printed = true;
          printLine(
            `  Waiting up to ${patienceMs / 1000} s for ${file}: another program, such as a virus scanner, has it open (${errorCode(error)}).`,
          );
        }
      }
    }
  };
}

async function pause(ms: number, cancel: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, { signal: cancel }).catch(() => {
    throw new Canceled();
  });
}
