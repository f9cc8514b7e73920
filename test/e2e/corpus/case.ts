import fs from "node:fs";
import path from "node:path";
import { unescapeCommand } from "../../lab/agent/commands/command.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import { type Person, signInPerson } from "../../lab/person.ts";
import { startLabAgent } from "../steps/agent.ts";
import { checkOut } from "../steps/checkout.ts";
import { runPlainCli } from "../steps/plain-cli.ts";
import { addedDuring } from "../steps/requests.ts";
import { compareSides, type Difference } from "./compare.ts";
import type { Preparation } from "./find.ts";
import {
  type CorpusCommand,
  changesIn,
  commands,
  contentsOf,
  type Side,
  type SideIssue,
  type SideStep,
  sideNormalizer,
} from "./side.ts";

/** A bundle that both sides deploy. */
export interface CorpusCase {
  /** Writes the bundle into an empty folder, and returns the folder of the bundle in it. */
  readonly write: (target: string, preparation: Preparation) => string;
  readonly commands: readonly CorpusCommand[];
}

/** The programs with which a bundle is deployed. */
export interface CorpusRoom {
  /** Version of the CLI. */
  readonly cli: string;
  /** The Node on which the task runs. */
  readonly node: string;
  /** A virtual environment of Python for the programs that the bundle starts. */
  readonly venv?: string;
}

export interface CorpusOutcome {
  readonly differences: readonly Difference[];
  readonly plain: Side;
  readonly task: Side;
}

/** Commands of a plain CLI that run longer are killed, in milliseconds. */
const limitMs = 120_000;

/**
 * Deploys a bundle with the plain CLI and in a pipeline with the task, each in a workspace of its own, and compares the two.
 * The commands run in order, until one fails.
 */
export async function compareBundle(room: CorpusRoom, bundle: CorpusCase): Promise<CorpusOutcome> {
  const plain = await inLab((lab) => plainSide(lab, room, bundle));
  const task = await inLab((lab) => taskSide(lab, room, bundle, plain.steps.length));
  return { plain, task, differences: compareSides(plain, task) };
}

async function inLab<T>(work: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await startLab();
  try {
    return await work(lab);
  } finally {
    await lab.close();
  }
}

async function plainSide(lab: Lab, { cli, venv }: CorpusRoom, bundle: CorpusCase): Promise<Side> {
  const person = await signInPerson(lab);
  const target = path.join(fs.mkdtempSync(path.join(lab.folder, "plain-")), "bundle");
  const folder = bundle.write(target, { host: lab.workspace.url, user: person.clientId });
  if (venv) writeVenv(folder, venv);
  const normalize = sideNormalizer(folder, person.clientId);
  // Not above the bundle, which can deploy what is beside its folder.
  const home = fs.mkdtempSync(path.join(lab.folder, "home-"));
  const profile = writeProfile(home, person);
  const program = await lab.programs.cli(cli);
  const steps: SideStep[] = [];
  for (const command of bundle.commands) {
    const arguments_ = ["bundle", command, ...commands[command].arguments];
    const [end, { workspace }] = await addedDuring({ workspace: lab.workspace.requests }, () =>
      runPlainCli({
        cli: program,
        person,
        folder,
        arguments: arguments_,
        environment: { ...programsEnvironment(venv), ...profile, HOME: home },
        limitMs,
      }),
    );
    const succeeded = end.exitCode === 0;
    const lines = end.output.map(normalize);
    const contents = await contentsOf(lab, normalize);
    steps.push({ command, succeeded, lines, issues: [], ...changesIn(workspace, normalize), contents });
    if (!succeeded) break;
  }
  return { steps };
}

/** For the programs that a bundle starts. None of them can reach a package index, so that uv builds with what is there. */
function programsEnvironment(venv: string | undefined): Record<string, string> & { PATH: string } {
  if (venv === undefined) return { PATH: "/usr/bin:/bin" };
  const bin = path.join(venv, "bin");
  const uv = { UV_OFFLINE: "1", UV_NO_BUILD_ISOLATION: "1", UV_PYTHON: path.join(bin, "python") };
  return { PATH: `${bin}:/usr/bin:/bin`, ...uv };
}

/** Many bundles name the Python of a virtual environment in their own folder. */
function writeVenv(folder: string, venv: string): void {
  const own = path.join(folder, ".venv");
  if (fs.existsSync(own)) return;
  fs.mkdirSync(path.join(own, "bin"), { recursive: true });
  // The CLI looks for this file; Python reads that of the real environment.
  fs.writeFileSync(path.join(own, "pyvenv.cfg"), "");
  for (const name of ["python", "python3"]) {
    const script = `#!/bin/sh\nexec '${path.join(venv, "bin", name)}' "$@"\n`;
    fs.writeFileSync(path.join(own, "bin", name), script, { mode: 0o755 });
  }
}

/**
 * Lets the CLI sign in with a profile, as most people do, and as the task does. With variables only, the CLI refuses a bundle with
 * an empty `workspace:`.
 */
function writeProfile(folder: string, person: Person): Record<string, string> {
  const { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token } = person.environment();
  const file = path.join(folder, "databrickscfg");
  fs.writeFileSync(file, `[lab]\nhost = ${host}\ntoken = ${token}\n`);
  return { DATABRICKS_CONFIG_FILE: file, DATABRICKS_CONFIG_PROFILE: "lab" };
}

/** Runs the task for the first `count` commands: those that the plain CLI has run. */
async function taskSide(lab: Lab, room: CorpusRoom, bundle: CorpusCase, count: number): Promise<Side> {
  const cli = await lab.programs.cli(room.cli);
  const programs = programsEnvironment(room.venv);
  const deployer = lab.addDeployer([], undefined, { displayName: "Somebody" });
  const agent = await startLabAgent(lab, room.node, {
    cli,
    environment: { ...programs, PATH: `${path.dirname(cli)}:${programs.PATH}` },
  });
  try {
    const { job, folder: target, run } = await checkOut(agent, lab, {}, { deployer });
    const folder = bundle.write(target, { host: lab.workspace.url, user: deployer.clientId });
    if (room.venv) writeVenv(folder, room.venv);
    const normalize = sideNormalizer(folder, deployer.clientId);
    const workingDirectory = path.relative(job.workingDirectory, folder);
    const steps: SideStep[] = [];
    for (const command of bundle.commands.slice(0, count)) {
      const inputs = { command, workingDirectory, target: "", ...commands[command].inputs };
      const [step, { workspace }] = await addedDuring({ workspace: lab.workspace.requests }, () => run(inputs));
      steps.push({
        command,
        succeeded: step.result === "Succeeded" || step.result === "SucceededWithIssues",
        lines: step.log.map(normalize),
        issues: issuesIn(step.raw.stdout, normalize),
        ...changesIn(workspace, normalize),
        contents: await contentsOf(lab, normalize),
      });
    }
    await job.finish();
    return { steps };
  } finally {
    await agent.dispose();
  }
}

/** All issues of a step, the one with which it ends included; an agent keeps ten of each type. */
function issuesIn(lines: readonly string[], normalize: (text: string) => string): SideIssue[] {
  return lines.flatMap((line) => {
    const [, name, properties = "", message = ""] =
      /^##vso\[task\.(logissue|complete) ([^\]]*)\](.*)$/.exec(line) ?? [];
    if (name === undefined || (name === "complete" && message === "")) return [];
    const at = /linenumber=(\d+)/.exec(properties)?.[1];
    const type = /type=warning/.test(properties) ? "warning" : "error";
    return [{ type, message: normalize(unescapeCommand(message)), ...(at && { line: Number(at) }) }];
  });
}
