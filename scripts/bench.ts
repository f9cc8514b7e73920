import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { taskNodes } from "../test/e2e/nodes.ts";
import { type Calibration, calibrate, describeCalibration } from "./bench/calibration.ts";
import { benchDeploy } from "./bench/deploy.ts";
import { benchFirstError } from "./bench/first-error.ts";
import { benchIncremental } from "./bench/incremental.ts";
import { benchInstaller } from "./bench/installer.ts";
import { benchLogin } from "./bench/login.ts";
import { machineFacts } from "./bench/machine.ts";
import { benchMemory } from "./bench/memory.ts";
import { benchMonorepo } from "./bench/monorepo.ts";
import { page, writePage } from "./bench/page.ts";
import { doubtOf, isMissed, lineOf } from "./bench/report.ts";
import { benchRequests } from "./bench/requests.ts";
import { expectedRows, nameOf, type Result } from "./bench/results.ts";
import { type Group, groups } from "./bench/rows.ts";
import { benchToday } from "./bench/today.ts";
import { root } from "./project.ts";

const help = `npm run bench -- [groups] [options]: measures the packaged tasks against the lab.
Groups, all by default: ${groups.join(", ")}
  --against FILE   another package (.vsix), whose deploy task is measured too
  --write          write the results into docs/performance.md; only without groups
Exit code: 0 all limits are met, 1 a limit is missed or a measurement failed, 2 the machine was too busy or changed its speed meanwhile`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { against: { type: "string" }, write: { type: "boolean" }, help: { type: "boolean" } },
});

const benches: Readonly<Record<Group, () => Promise<Result[]>>> = {
  package: async () => [packageSize()],
  installer: benchInstaller,
  deploy: () => benchDeploy(options.against),
  "first-error": benchFirstError,
  requests: benchRequests,
  memory: benchMemory,
  incremental: benchIncremental,
  monorepo: benchMonorepo,
  login: benchLogin,
  today: benchToday,
};

function packageSize(): Result {
  const dist = path.join(root, "dist");
  const file = fs.existsSync(dist) ? fs.readdirSync(dist).find((name) => name.endsWith(".vsix")) : undefined;
  if (file === undefined) throw new Error('There is no package: run "npm run package" first.');
  return { row: "package", value: fs.statSync(path.join(dist, file)).size / 1000 };
}

function wantedGroups(): readonly Group[] {
  const unknown = positionals.find((name) => !groups.some((group) => group === name));
  if (unknown !== undefined) throw new Error(`There is no group ${unknown}: choose from ${groups.join(", ")}.`);
  if (options.write && positionals.length > 0) throw new Error("--write needs the results of all groups.");
  return positionals.length === 0 ? groups : groups.filter((group) => positionals.includes(group));
}

/** Measures group by group, and continues after a group that fails. Throws if a row does not have a result. */
async function measure(wanted: readonly Group[], calibrations: Calibration[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const group of wanted) {
    const measured = await benches[group]().catch((error: unknown) => failedGroup(group, error));
    for (const result of measured) console.log(lineOf(result));
    calibrations.push(await calibrate());
    results.push(...measured);
  }
  return expectedRows(wanted, taskNodes).map((expected) => {
    const found = results.find((result) => nameOf(result) === nameOf(expected));
    if (found === undefined) throw new Error(`There is no result for "${nameOf(expected)}".`);
    return found;
  });
}

/** Prints the error of a group, and returns failed results for all its rows. */
function failedGroup(group: Group, error: unknown): Result[] {
  console.error(error);
  return expectedRows([group], taskNodes).map((row) => ({ ...row, failed: "the measurement failed" }));
}

async function run(): Promise<void> {
  const wanted = wantedGroups();
  const facts = [`Measured: ${new Date().toISOString().slice(0, 10)}`, ...machineFacts()];
  const calibrations = [await calibrate()];
  console.log([...facts, ...calibrations.map(calibrationLine), doubtOf(calibrations) ?? ""].join("\n"));
  const results = await measure(wanted, calibrations);
  console.log(`\n${results.map(lineOf).join("\n")}\n\n${calibrations.map(calibrationLine).join("\n")}`);
  if (options.write) {
    writePage({ facts, calibrations, results });
    console.log(`Written: ${path.relative(root, page)}`);
  }
  const doubt = doubtOf(calibrations);
  if (doubt !== undefined) console.log(`${doubt} Run it again on a machine without other work.`);
  process.exitCode = doubt !== undefined ? 2 : results.some((result) => "failed" in result || isMissed(result)) ? 1 : 0;
}

const calibrationLine = (moment: Calibration) => `Calibration: ${describeCalibration(moment)}`;

if (options.help) console.log(help);
else await run();
