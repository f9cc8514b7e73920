import { createHash } from "node:crypto";
import os from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { interleavedMedians, median, wallMs } from "./measure.ts";

/** How fast and how busy the machine was at one moment. */
export interface Calibration {
  /** A fixed amount of computing, in milliseconds. */
  readonly computeMs: number;
  /** The start of an empty node, in milliseconds. */
  readonly startMs: number;
  /** The share of all processor cores that other programs used while this one waited. */
  readonly busy: number;
}

/** docs/performance.md names these numbers too. */
export const limits = { busy: 0.2, drift: 1.3 };
const block = Buffer.alloc(4_000_000, "databricks");

/** Measures the machine itself. Takes about three seconds. */
export async function calibrate(): Promise<Calibration> {
  const busy = await busyShare();
  const { compute, start } = await interleavedMedians(
    {
      compute() {
        const begin = performance.now();
        for (let round = 0; round < 8; round++) createHash("sha256").update(block).digest();
        return performance.now() - begin;
      },
      start: () => wallMs({ executable: process.execPath, arguments: ["-e", ""] }),
    },
    9,
  );
  return { computeMs: compute, startMs: start, busy };
}

/** Why these moments do not allow a judgment; none if they do. */
export function disturbances(moments: readonly Calibration[]): string[] {
  const busiest = Math.max(...moments.map(({ busy }) => busy));
  const drift = (of: (moment: Calibration) => number) => {
    const values = moments.map(of);
    return Math.max(...values) / Math.min(...values);
  };
  const drifts = [
    ["the same computation", drift(({ computeMs }) => computeMs)],
    ["the start of an empty node", drift(({ startMs }) => startMs)],
  ] as const;
  return [
    ...(busiest > limits.busy ? [`other programs used ${percent(busiest)} of the processor cores`] : []),
    ...drifts.flatMap(([what, ratio]) =>
      ratio > limits.drift ? [`${what} took up to ${ratio.toFixed(2)} times as long as at another moment`] : [],
    ),
  ];
}

/** One moment as text. */
export function describeCalibration({ computeMs, startMs, busy }: Calibration): string {
  return `computing ${computeMs.toFixed(0)} ms, an empty node ${startMs.toFixed(0)} ms, ${percent(busy)} of the cores used by others`;
}

async function busyShare(): Promise<number> {
  // What the last measurement has started may still be ending.
  await delay(500);
  const shares: number[] = [];
  for (let moment = 0; moment < 3; moment++) {
    const before = times();
    await delay(500);
    const after = times();
    const share = (after.used - before.used) / (after.all - before.all);
    // The kernel's count of idle time can go back a little.
    shares.push(Math.min(Math.max(share, 0), 1));
  }
  return median(shares);
}

function times(): { used: number; all: number } {
  let [used, all] = [0, 0];
  for (const { times } of os.cpus()) {
    const sum = Object.values(times).reduce((total, value) => total + value, 0);
    all += sum;
    used += sum - times.idle;
  }
  return { used, all };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
