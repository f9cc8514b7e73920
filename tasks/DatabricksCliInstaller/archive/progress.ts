const quietMs = 2_000;

/** Reports a long transfer a few times: at each quarter that takes more than two seconds to reach, or each doubling. */
export function progressOf(total: number | undefined, print: (text: string) => void, now: () => number = Date.now) {
  let reportedAt = now();
  let next = total === undefined ? 16 * 1024 * 1024 : total / 4;
  /** Takes the bytes received so far. */
  return (received: number): void => {
    if (received < next || received === total) return;
    next = total === undefined ? received * 2 : (Math.floor((received * 4) / total) + 1) * (total / 4);
    if (now() - reportedAt < quietMs) return;
    reportedAt = now();
    print(total === undefined ? `  ${megabytes(received)} so far` : `  ${megabytes(received)} of ${megabytes(total)}`);
  };
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
