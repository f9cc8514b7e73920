import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { compareBundle } from "../test/e2e/corpus/case.ts";
import { type CorpusBundle, copyBundle, findBundles } from "../test/e2e/corpus/find.ts";
import { type CorpusCommand, commands } from "../test/e2e/corpus/side.ts";
import { newestNode } from "../test/e2e/nodes.ts";
import { cliVersions } from "../test/lab/databricks/build.ts";
import { startLab } from "../test/lab/lab.ts";
import { type CorpusResult, corpusTable, differenceLines, isUnexplained } from "./corpus/table.ts";
import { root } from "./project.ts";

const logs = path.join(root, "dist/corpus");
/** One line of JSON for each bundle of the last run. */
const resultsFile = path.join(logs, "results.jsonl");
const usualCommands: readonly CorpusCommand[] = ["deploy", "plan", "destroy"];
const help = `npm run corpus -- path/to/checkout [options]: deploys each bundle below a folder with the plain CLI and in a
pipeline with the task, and compares the two: success, changes in the workspace, and what a user reads.
  --filter TEXT     only bundles with this text in their path (repeat it for more)
  --cli VERSION     ${cliVersions.join(" or ")} (default ${cliVersions.at(-1)})
  --commands LIST   some of ${Object.keys(commands).join(", ")}, in the order in which they run (default ${usualCommands.join(",")})
  --lanes N         bundles at the same time (default: the number of processor cores)
  --slice N/M       only the N-th of each M bundles
  --venv FOLDER     a virtual environment of Python with what the bundles need: databricks-bundles, and programs such as uv
                    (default: bundles that need one fail, on both sides)`;
const one = { type: "string" } as const;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    filter: { type: "string", multiple: true },
    cli: one,
    commands: one,
    lanes: one,
    slice: one,
    venv: one,
    help: { type: "boolean" },
  },
});

/** Throws if the command line names something that does not exist. */
function readOptions() {
  const [checkout, ...more] = positionals;
  if (checkout === undefined || more.length > 0) throw new Error(`Give the path of one checkout.\n\n${help}`);
  if (!fs.existsSync(checkout)) throw new Error(`${checkout} does not exist.`);
  const cli = options.cli ?? cliVersions.at(-1) ?? "";
  if (!cliVersions.some((version) => version === cli)) throw new Error(`--cli must be ${cliVersions.join(" or ")}.`);
  const names = options.commands?.split(",") ?? usualCommands;
  const unknown = names.find((name) => !(name in commands));
  if (unknown !== undefined) throw new Error(`--commands cannot contain ${unknown}.\n\n${help}`);
  const lanes = Number(options.lanes ?? os.availableParallelism());
  if (!(lanes >= 1)) throw new Error("--lanes must be a number, 1 or more.");
  const [part = Number.NaN, parts = Number.NaN] = (options.slice ?? "1/1").split("/").map(Number);
  if (!(part >= 1 && part <= parts)) throw new Error("--slice must be like 2/10.");
  return { checkout: path.resolve(checkout), cli, commands: names as CorpusCommand[], lanes, part, parts };
}

type Options = ReturnType<typeof readOptions>;

function chosenBundles({ checkout, part, parts }: Options): CorpusBundle[] {
  const all = findBundles(checkout).filter(({ name }) => options.filter?.some((text) => name.includes(text)) ?? true);
  return all.filter((_, index) => index % parts === part - 1);
}

/**
 * What differs is compared a second time, and only what differs in the same way again counts: the CLI itself does several things
 * at once, so a deploy that fails does not always get to the same point.
 */
async function resultOf(bundle: CorpusBundle, chosen: Options): Promise<CorpusResult> {
  const { name, leftOut } = bundle;
  if (leftOut !== undefined) return { name, leftOut, differences: [] };
  const room = {
    cli: chosen.cli,
    node: newestNode.path,
    ...(options.venv && { venv: path.resolve(options.venv) }),
  };
  const compare = () =>
    compareBundle(room, {
      write: (target, preparation) => copyBundle(chosen.checkout, bundle, target, preparation),
      commands: chosen.commands,
    });
  try {
    const { differences: found, plain, task } = await compare();
    const again = found.length > 0 ? (await compare()).differences.map((difference) => JSON.stringify(difference)) : [];
    const differences = found.filter((difference) => again.includes(JSON.stringify(difference)));
    const log = path.join(logs, `${name.replaceAll(/[^\w.-]+/g, "-")}.json`);
    if (found.length > 0)
      fs.writeFileSync(log, JSON.stringify({ name, differences: found, plain, task }, undefined, 2));
    const failed = plain.steps.find(({ succeeded }) => !succeeded);
    const reason = failed?.lines.find((line) => line.startsWith("Error: ")) ?? "without a line of an error";
    const varies = found.length > 0 && differences.length === 0;
    return {
      name,
      differences,
      log,
      ...(failed && { failed: `${failed.command}: ${reason}` }),
      ...(varies && { varies }),
    };
  } catch (error) {
    return { name, differences: [], broken: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function runCorpus(chosen: Options): Promise<CorpusResult[]> {
  const waiting = chosenBundles(chosen);
  if (waiting.length === 0) throw new Error(`${chosen.checkout} contains no bundle that the options choose.`);
  // An earlier run's logs would look like differences of this one.
  fs.rmSync(logs, { recursive: true, force: true });
  fs.mkdirSync(logs, { recursive: true });
  // Builds the lab's programs, if that has not been done.
  await (await startLab(console.log)).close();
  console.log(`${waiting.length} bundles, CLI ${chosen.cli}: ${chosen.commands.join(", ")}`);
  const results: CorpusResult[] = [];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await resultOf(next, chosen);
      results.push(result);
      fs.appendFileSync(resultsFile, `${JSON.stringify(result)}\n`);
      for (const line of differenceLines(result)) console.log(line);
    }
  };
  await Promise.all(Array.from({ length: chosen.lanes }, lane));
  return results;
}

if (options.help) {
  console.log(help);
} else {
  const results = await runCorpus(readOptions());
  console.log(`\n${corpusTable(results)}`);
  if (results.some(isUnexplained)) process.exitCode = 1;
}
