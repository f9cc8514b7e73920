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

/** Writes a picture of a page (HTML) as it looks in a window of that size; without a height, of the whole page. */
export function photograph(html: string, file: string, { width, height }: { width: number; height?: number }): void {
  const shown = height ?? pageHeight(html, width);
  browse(html, { width, height: shown }, `--screenshot=${file}`);
}

/** The page measures itself, and the browser prints the result with it. */
function pageHeight(html: string, width: number): number {
  const measure = '<script>document.title = "height: " + document.body.offsetHeight</script>';
  const printed = browse(html + measure, { width, height: 600 }, "--dump-dom");
  const [, height] = /<title>height: (\d+)</.exec(printed) ?? [];
  if (height === undefined) throw new Error("Chromium did not measure the page.");
  return Number(height);
}

/** Opens a page (HTML) in Chromium. Returns what the browser prints. */
function browse(html: string, { width, height }: { width: number; height: number }, action: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "photograph-"));
  try {
    const page = path.join(folder, "page.html");
    fs.writeFileSync(page, html);
    const window = [`--user-data-dir=${folder}`, `--window-size=${width},${height}`, action];
    const command = [...options, ...window, `file://${page}`];
    return execFileSync("chromium", command, { encoding: "utf8", stdio: "pipe", timeout: 120_000 });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
