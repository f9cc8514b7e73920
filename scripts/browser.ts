import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** Shows only the page: no requests of the browser itself, no profile of the user. */
const options = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
];

/** Writes a picture of a page (HTML) as it looks in a window of that size, with Chromium. */
export function photograph(html: string, file: string, { width, height }: { width: number; height: number }): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "photograph-"));
  try {
    const page = path.join(folder, "page.html");
    fs.writeFileSync(page, html);
    const window = [`--user-data-dir=${folder}`, `--window-size=${width},${height}`, `--screenshot=${file}`];
    execFileSync("chromium", [...options, ...window, `file://${page}`], { stdio: "pipe", timeout: 120_000 });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
