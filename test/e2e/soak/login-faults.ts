import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, PlacedFault } from "../../lab/faults.ts";
import type { Lab } from "../../lab/lab.ts";
import { between } from "./random.ts";

/** A time in which Entra or Azure DevOps did not answer as usual, in milliseconds since the epoch. */
export interface Outage {
  readonly from: number;
  readonly to: number;
  /** Whether it lasted longer than the service's own retries and the rest of a token's life. */
  readonly isLong: boolean;
}

/** A request that meets a fault at each of its attempts gives up after 2.6 s at the earliest (four attempts, `backoffMs`). */
const shortMs = { from: 500, to: 2_000 } as const;
const longMs = { from: 15_000, to: 25_000 } as const;
/** Every so many outages, one is long. */
const longEvery = 8;

const kinds: readonly Fault[] = [{ status: 503 }, { status: 429 }, { reset: true }, { hold: true }];

/** Disturbs Entra and Azure DevOps from time to time, in ways that the random numbers decide, until `signal` aborts. */
export async function disturb(
  lab: Lab,
  random: () => number,
  signal: AbortSignal,
  pauseMs: { readonly from: number; readonly to: number },
): Promise<Outage[]> {
  const outages: Outage[] = [];
  for (let count = 1; ; count += 1) {
    const pause = between(random, pauseMs.from, pauseMs.to);
    const isLong = count % longEvery === 0;
    const length = between(random, isLong ? longMs.from : shortMs.from, isLong ? longMs.to : shortMs.to);
    const fault = kinds[between(random, 0, kinds.length - 1)] ?? {};
    const place = random() < 0.5 ? atEntra : atAzureDevOps;
    if (!(await passed(pause, signal))) return outages;
    const from = Date.now();
    const placed = place(lab, fault);
    await passed(length, signal);
    placed.release();
    outages.push({ from, to: Date.now(), isLong });
  }
}

function atEntra({ entra }: Lab, fault: Fault): PlacedFault {
  return entra.fault(fault, Number.POSITIVE_INFINITY);
}

function atAzureDevOps({ azureDevOps }: Lab, fault: Fault): PlacedFault {
  return azureDevOps.fault(fault, Number.POSITIVE_INFINITY, { path: /oidctoken/ });
}

async function passed(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}
