import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readArguments, UsageError, usage } from "../../demo/arguments.ts";

const directory = fs.mkdtempSync(path.join(os.tmpdir(), "demo-arguments-"));
fs.writeFileSync(path.join(directory, "my.yml"), "steps: []");
fs.mkdirSync(path.join(directory, "repo"));
afterAll(() => fs.rmSync(directory, { recursive: true }));

const read = (...args: string[]) => readArguments(args, directory);
const own = { pipeline: path.join(directory, "my.yml"), folder: path.join(directory, "repo") };

describe("the command line of the demo", () => {
  it("asks for the example when it is empty", () => {
    expect(read()).toEqual({ help: false, own: undefined, missing: [] });
  });

  it("names a pipeline and a folder, relative to the user's folder or absolute", () => {
    expect(read("--pipeline", "my.yml", "--folder", "repo")).toMatchObject({ own });
    expect(read(`--folder=${own.folder}`, `--pipeline=${own.pipeline}`)).toMatchObject({ own });
  });

  it.each([
    [["--missing", "federated-credential"], ["federated-credential"]],
    [
      ["--missing", "federated-credential, workspace-member"],
      ["federated-credential", "workspace-member"],
    ],
    [
      ["--missing", "workspace-member", "--missing", "connection-authorized,workspace-member"],
      ["workspace-member", "connection-authorized"],
    ],
  ])("leaves out set-up steps: %o", (args, missing) => {
    expect(read(...args)).toMatchObject({ own: undefined, missing });
  });

  it("may ask for help, whatever else it has", () => {
    expect(read("--help", "--pipeline", "nowhere.yml")).toMatchObject({ help: true });
  });

  it.each([
    ["an argument without a name", ["x"], /^Unexpected argument 'x'\. Allowed are --pipeline, --folder, --missing and/],
    ["an unknown option", ["--pipelines", "my.yml"], /^Unknown option '--pipelines'\. Allowed are --pipeline,/],
    ["an option without its value", ["--missing"], /--missing.*Allowed are/],
    ["a pipeline without a folder", ["--pipeline", "my.yml"], /^--pipeline needs --folder/],
    ["a folder without a pipeline", ["--folder", "repo"], /^--folder needs --pipeline/],
    ["two pipelines", ["--pipeline", "my.yml", "--pipeline", "my.yml", "--folder", "repo"], /given only once/],
    [
      "a missing file",
      ["--pipeline", "no.yml", "--folder", "repo"],
      /^--pipeline: the file .*\/no\.yml does not exist\.$/,
    ],
    [
      "a folder as pipeline",
      ["--pipeline", "repo", "--folder", "repo"],
      /^--pipeline: the file .*\/repo does not exist/,
    ],
    ["a missing folder", ["--pipeline", "my.yml", "--folder", "no"], /^--folder: the folder .*\/no does not exist\.$/],
    [
      "an unknown set-up step",
      ["--missing", "workspace-member,coffee"],
      /^--missing: 'coffee' is not a set-up step\. Allowed are connection-authorized, federated-credential, workspace-member\.$/,
    ],
    ["an empty set-up step", ["--missing="], /^--missing: '' is not a set-up step/],
  ])("is refused with %s", (_what, args, message) => {
    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(message);
  });

  it("is explained with every option and every set-up step", () => {
    for (const word of ["--pipeline", "--folder", "--missing", "--help", "connection-authorized", "workspace-member"]) {
      expect(usage).toContain(word);
    }
  });
});
