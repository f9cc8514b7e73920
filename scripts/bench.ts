import fs from "node:fs";
import path from "node:path";
import { benchDeploy } from "./bench/deploy.ts";
import { benchIncremental } from "./bench/incremental.ts";
import { benchInstaller } from "./bench/installer.ts";
import { benchLogin } from "./bench/login.ts";
import type { BenchRow } from "./bench/measure.ts";
import { benchMonorepo } from "./bench/monorepo.ts";
import { largestPackage, root } from "./project.ts";

function packageSize(): BenchRow {
  const dist = path.join(root, "dist");
  const [file] = fs.readdirSync(dist).filter((name) => name.endsWith(".vsix"));
  if (file === undefined) throw new Error('There is no package: run "npm run package" first.');
  return {
    what: "package",
    value: fs.statSync(path.join(dist, file)).size / 1000,
    limit: largestPackage / 1000,
    unit: "KB",
  };
}

function line({ what, value, limit, unit, detail }: BenchRow): string {
  const verdict = value <= limit ? "ok  " : "OVER";
  const figures = `${value.toFixed(2).padStart(8)} ${unit} (limit ${limit})`;
  return `${verdict} ${what.padEnd(52)} ${figures}${detail ? `  ${detail}` : ""}`;
}

const rows = [
  packageSize(),
  ...(await benchInstaller()),
  ...(await benchDeploy()),
  ...(await benchIncremental()),
  ...(await benchMonorepo()),
  ...(await benchLogin()),
];
console.log(`\n${rows.map(line).join("\n")}`);
if (rows.some(({ value, limit }) => !(value <= limit))) process.exitCode = 1;
