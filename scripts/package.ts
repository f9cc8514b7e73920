import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildExtension, root, stage } from "./build.ts";

const largestPackage = 500 * 1024;

/** Builds dist/<publisher>.<id>-<version>.vsix and gives its path. A warning of the packager is an error. */
async function packageExtension(): Promise<string> {
  await buildExtension();
  const manifest = JSON.parse(fs.readFileSync(path.join(stage, "vss-extension.json"), "utf8")) as Record<
    string,
    string
  >;
  const file = path.join(root, "dist", `${manifest["publisher"]}.${manifest["id"]}-${manifest["version"]}.vsix`);
  const tfx = path.join(root, "node_modules", "tfx-cli", "_build", "tfx-cli.js");
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [tfx, "extension", "create", "--root", stage, "--manifests", "vss-extension.json", "--output-path", file],
    { cwd: stage },
  );
  const warnings = `${stdout}\n${stderr}`.split("\n").filter((line) => /^warning:/i.test(line));
  if (warnings.length > 0) throw new Error(`The packager warned:\n${warnings.join("\n")}`);
  const { size } = fs.statSync(file);
  if (size > largestPackage) throw new Error(`${file} has ${size} bytes, more than ${largestPackage}.`);
  console.log(`${path.relative(root, file)} (${Math.round(size / 1024)} KB)`);
  return file;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await packageExtension();
