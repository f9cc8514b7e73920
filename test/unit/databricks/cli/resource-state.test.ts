import { describe, expect, it } from "vitest";
import {
  isSameState,
  parseResourceState,
  parseWriteAheadLog,
  stateBefore,
} from "../../../../tasks/common/databricks/cli/resource-state.ts";

/** As the CLI 1.11 writes it. */
const header = { state_version: 2, cli_version: "1.11.0", lineage: "0c0d", serial: 3 };
const change = '{"k":"resources.jobs.a","v":{"__id__":"17","state":{}}}';

describe("A state of the CLI's direct engine", () => {
  it.each([1, 2, 3])("is read by its header in version %i", (version) => {
    const state = { ...header, state_version: version, state: {} };
    expect(parseResourceState(JSON.stringify(state))).toEqual({ lineage: "0c0d", serial: 3 });
  });

  it.each([
    ["of a later version", { ...header, state_version: 4 }],
    ["of an earlier version", { ...header, state_version: 0 }],
    ["with features that this task does not know", { ...header, state_version: 3, features: { x: {} } }],
    ["of Terraform", { version: 4, lineage: "0c0d", serial: 3 }],
    ["without a lineage", { ...header, lineage: "" }],
  ])("%s is not read", (_, state) => {
    expect(parseResourceState(JSON.stringify(state))).toBeUndefined();
  });

  it("is preceded by the one with the number before it, and the first by none", () => {
    expect(stateBefore({ lineage: "a", serial: 2 })).toEqual({ lineage: "a", serial: 1 });
    expect(stateBefore({ lineage: "a", serial: 1 })).toBeUndefined();
  });

  it("is the same as another only with its lineage and its number", () => {
    expect(isSameState(undefined, undefined)).toBe(true);
    expect(isSameState({ lineage: "a", serial: 1 }, { lineage: "a", serial: 1 })).toBe(true);
    expect(isSameState({ lineage: "a", serial: 1 }, { lineage: "b", serial: 1 })).toBe(false);
    expect(isSameState({ lineage: "a", serial: 1 }, undefined)).toBe(false);
  });
});

describe("A write-ahead log of the CLI", () => {
  it("is read up to its last complete line", () => {
    const text = `${JSON.stringify(header)}\n${change}\n`;
    const expected = { becomes: { lineage: "0c0d", serial: 3 }, changes: 1, text };
    expect(parseWriteAheadLog(text)).toEqual(expected);
    expect(parseWriteAheadLog(`${text}{"k":"resources.jobs.b","v":{"__i`)).toEqual(expected);
  });

  it.each([
    ["without a complete header", JSON.stringify(header)],
    ["of a later version", `${JSON.stringify({ ...header, state_version: 4 })}\n`],
    ["that is empty", ""],
  ])("%s is not read", (_, text) => {
    expect(parseWriteAheadLog(text)).toBeUndefined();
  });
});
