import { describe, expect, it } from "vitest";
import {
  formatUnfinished,
  isAccepted,
  parseUnfinished,
  reach,
} from "../../../../tasks/DatabricksBundleDeploy/carried/unfinished.ts";

const header = (serial: number, lineage = "0c0d") => ({ state_version: 2, cli_version: "1.11.0", lineage, serial });
const state = JSON.stringify({ ...header(4), state: {} });
const log = `${JSON.stringify(header(5))}\n{"k":"resources.jobs.a","v":{"__id__":"17"}}\n`;
const follows = { lineage: "0c0d", serial: 3 };

describe("What an unfinished deployment has done", () => {
  it.each([
    ["a log of a first deployment", { follows: undefined, state: undefined, log }],
    ["a log", { follows, state: undefined, log }],
    ["a state", { follows, state, log: undefined }],
    ["a state and a log on top of it", { follows, state, log }],
  ])("is read as it was written: %s", (_, unfinished) => {
    expect(parseUnfinished(formatUnfinished(unfinished))).toEqual(unfinished);
  });

  it.each([
    ["of another version", { version: 2, follows: null, log }],
    ["without the state that it follows", { version: 1, log }],
    ["with an incomplete state that it follows", { version: 1, follows: { lineage: "a" }, log }],
    ["with neither a state nor a log", { version: 1, follows: null }],
    ["with a state in a form that is not known", { version: 1, follows: null, state: "{}", log }],
  ])("is not read if it is %s", (_, text) => {
    expect(parseUnfinished(JSON.stringify(text))).toBeUndefined();
  });

  it("leads to the state after its log, or to its state", () => {
    expect(reach({ state, log })).toEqual({ lineage: "0c0d", serial: 5 });
    expect(reach({ state, log: undefined })).toEqual({ lineage: "0c0d", serial: 4 });
    expect(reach({ state: undefined, log: undefined })).toBeUndefined();
  });
});

describe("A log on an agent", () => {
  const becomes = (serial: number) => ({ becomes: header(serial), changes: 1, text: "" });

  it.each([
    [1, undefined, true],
    [2, undefined, false],
    [4, follows, true],
    [3, follows, true],
    [5, follows, false],
  ])("with the number %d after %o is accepted by the CLI: %s", (serial, before, accepted) => {
    expect(isAccepted(becomes(serial), before)).toBe(accepted);
  });

  it("of another lineage is not accepted by the CLI", () => {
    expect(isAccepted(becomes(4), { ...follows, lineage: "other" })).toBe(false);
  });
});
