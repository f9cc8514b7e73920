import fs from "node:fs";

/** Events can be missing, for example on network drives. */
const lookAgainMs = 1_000;

/** Calls `look` soon after each change in a folder, which it creates. Returns a function that ends this. */
export function watchFolder(folder: string, look: () => void): () => void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const timer = setInterval(look, lookAgainMs).unref();
  const watcher = startWatcher(folder, look);
  return () => {
    clearInterval(timer);
    watcher?.close();
  };
}

function startWatcher(folder: string, look: () => void): fs.FSWatcher | undefined {
  try {
    // What the timer finds is enough.
    return fs.watch(folder, { persistent: false }, look).on("error", () => undefined);
  } catch {
    return undefined;
  }
}
