import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Agent } from "../../../lab/agent/agent.ts";
import type { PlacedFault } from "../../../lab/faults.ts";
import type { Lab } from "../../../lab/lab.ts";
import type { Person } from "../../../lab/person.ts";
import { type BundleFiles, writeFiles } from "../../bundles/bundles.ts";
import { fileDifferences, remoteOf } from "../../bundles/uploaded.ts";
import { checkOut } from "../../steps/checkout.ts";
import { runPlainCli } from "../../steps/plain-cli.ts";
import { applyEdit, firstTree, type HandEdit, type Round, swapped } from "./model.ts";

/** What a sequence of rounds is played with. */
export interface Stage {
  readonly lab: Lab;
  readonly agent: Agent;
  readonly person: Person;
  /** Path of the CLI with which somebody else deploys. */
  readonly cli: string;
}

/** All files of all checkouts have this time, so that it never shows a change. */
const modified = new Date("2026-01-02T03:04:05Z");

/**
 * Plays rounds with a new bundle, and then deploys it from an empty folder. Throws how the workspace's files differ from the
 * bundle's after one of our deploys, with everything that happened before.
 */
export async function play(stage: Stage, rounds: readonly Round[]): Promise<void> {
  const name = `edited-${randomBytes(4).toString("hex")}`;
  const root = `/Workspace/Shared/${name}`;
  const story: string[] = [];
  let tree = firstTree;
  let inWorkspace: BundleFiles = {};
  let fresh = 0;

  async function deployOurs(at: string, swapsDuring: readonly string[] = []): Promise<void> {
    const files = bundleFiles(name, root, tree);
    const during = swaps(tree, swapsDuring);
    story.push(`we deploy from ${at}: ${Object.keys(tree).join(", ")}`);
    if (swapsDuring.length > 0) story.push(`while it runs, we swap ${swapsDuring.join(", ")}`);
    const { text, result } = await deploy(stage, `${name}/${at}`, files, during);
    if (result !== "Succeeded") throw new Error(`${story.join("\n")}\nThe deploy ended in ${result}:\n${text}`);
    const differences = await fileDifferences(stage.lab.workspace, `${root}/files`, files);
    const wrong = differences.filter((line) => !isOpen(line, during));
    if (wrong.length > 0) throw new Error(`${story.join("\n")}\n${wrong.join("\n")}\n${text}`);
    tree = { ...tree, ...during };
    inWorkspace = tree;
  }

  await deployOurs("first");
  for (const { edits, byHand, deployer, swapsDuring } of rounds) {
    for (const edit of edits) {
      story.push(JSON.stringify(edit));
      tree = applyEdit(tree, edit);
    }
    for (const edit of byHand) {
      if (await changeByHand(stage.person, `${root}/files`, inWorkspace, edit))
        story.push(`by hand: ${JSON.stringify(edit)}`);
    }
    if (deployer === "fresh agent") await deployOurs(`fresh-${fresh++}`, swapsDuring);
    else if (deployer === "same folder") await deployOurs("first", swapsDuring);
    else {
      const theirs = { ...tree, "one.txt": "theirs\n", "theirs.txt": "theirs\n" };
      const command = deployer === "somebody else" ? "deploy" : "destroy";
      story.push(`somebody else: ${command}`);
      await deployByHand(stage, command, bundleFiles(name, root, theirs));
      inWorkspace = command === "deploy" ? theirs : {};
    }
  }
  await deployOurs("last");
}

function bundleFiles(name: string, root: string, tree: BundleFiles): BundleFiles {
  const root_path = JSON.stringify(root);
  const yaml = `bundle: { name: ${name} }\ntargets: { live: { default: true, workspace: { root_path: ${root_path} } } }\n`;
  return { "databricks.yml": yaml, ...tree };
}

/** The files with these names that have another content if it is swapped, with that content. */
function swaps(tree: BundleFiles, names: readonly string[]): BundleFiles {
  const chosen = Object.entries(tree).filter(([name, content]) => names.includes(name) && swapped(content) !== content);
  return Object.fromEntries(chosen.map(([name, content]) => [name, swapped(content)]));
}

/** Which content a deploy uploads of a file that changes meanwhile is open: the next deploy must upload the right one. */
function isOpen(difference: string, during: BundleFiles): boolean {
  return Object.entries(during).some(([name, content]) =>
    difference.endsWith(` ${remoteOf(name, content).path} has other content`),
  );
}

/** Deploys `files`, of which some get other content `during` the deploy, when the CLI has uploaded them. */
async function deploy({ agent, lab }: Stage, at: string, files: BundleFiles, during: BundleFiles) {
  const { change, folder, job, run } = await checkOut(agent, lab, {}, { at });
  // The CLI stores this after the last file.
  const match = { method: "POST", path: /import-file\/.*\/state\/deployment\.json/ };
  const stored = lab.workspace.fault(match, { hold: true }, Object.keys(during).length > 0 ? 1 : 0);
  try {
    fs.mkdirSync(folder, { recursive: true });
    change(files);
    setTimes(folder, files);
    const running = run({ target: "live" });
    await hitOrEnd(stored, running);
    writeFiles(folder, during);
    setTimes(folder, during);
    stored.release();
    return await running;
  } finally {
    stored.release();
    await job.finish();
  }
}

/** Waits until a fault has met a request, or a step has ended. */
async function hitOrEnd(fault: PlacedFault, step: Promise<unknown>): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  step.then(end, end);
  while (fault.hits === 0 && !isOver) await delay(5);
}

function setTimes(folder: string, files: BundleFiles): void {
  for (const name of Object.keys(files)) fs.utimesSync(path.join(folder, name), modified, modified);
}

/** Changes an object that the workspace has of the bundle; its type stays. Returns false if there is nothing to change. */
async function changeByHand(person: Person, folder: string, tree: BundleFiles, edit: HandEdit): Promise<boolean> {
  if (edit.kind === "delete folder") {
    const exists = (await person.list(folder)).includes(`${folder}/${edit.name}`);
    if (exists && !(edit.name in tree)) await person.remove(`${folder}/${edit.name}`);
    return exists;
  }
  const content = tree[edit.name];
  if (content === undefined) return false;
  const { type, path: remote } = remoteOf(edit.name, content);
  const object = `${folder}/${remote}`;
  if (!(await person.list(path.posix.dirname(object))).includes(object)) return false;
  if (edit.kind === "replace" || edit.kind === "delete") await person.remove(object);
  if (edit.kind === "delete") return true;
  const text = edit.kind === "swap" ? swapped(content) : `by hand ${edit.content}`;
  await (type === "NOTEBOOK" ? person.writeNotebook(object, text) : person.writeFile(object, text));
  return true;
}

/** Deploys or destroys as a user with a token of their own does, on another machine. */
async function deployByHand({ person, cli }: Stage, command: "deploy" | "destroy", files: BundleFiles): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "plain-cli-"));
  try {
    writeFiles(folder, files);
    const { exitCode, output } = await runPlainCli({
      cli,
      person,
      folder,
      arguments: ["bundle", command, "--auto-approve"],
    });
    if (exitCode !== 0) throw new Error(`bundle ${command} ended with ${exitCode}:\n${output.join("\n")}`);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
