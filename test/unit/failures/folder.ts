import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** What `work` returns for a folder that contains only these files; they are executable. */
export async function inFolder<T>(
  files: Readonly<Record<string, string>>,
  work: (folder: string) => T,
): Promise<Awaited<T>> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "failures-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content, { mode: 0o755 });
    }
    return await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
