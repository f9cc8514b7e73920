import { describe, expect, it } from "vitest";
import { allCombinations, type Cell, leftOut } from "../../e2e/faults/cells.ts";
import { endingOf, leaks, metadataPaths, secretVariables } from "../../e2e/faults/oracles.ts";

const cell: Cell = { task: "deploy", service: "Entra", moment: "before", fault: "503" };
const help = "Help: https://example.com/docs/troubleshooting.md#entra";

describe("The end of a step at a fault", () => {
  it.each([
    ["succeeded", "Succeeded", []],
    ["own message", "Failed", [`Entra did not issue a token (503).\nRun the step again.\n${help}`]],
    ["another message", "Failed", [`Entra did not issue a token (200).\n${help}`]],
    ["another message", "Failed", ["Entra did not issue a token (503)."]],
    ["another message", "Failed", []],
    ["another message", "Canceled", []],
  ] as const)("is %s for %s with %j", (ending, result, errors) => {
    expect(endingOf({ result, errors: [...errors] }, cell)).toBe(ending);
  });

  it("is that of a run only if the step has read its result", () => {
    const ofRun: Cell = { ...cell, task: "run", service: "workspace", moment: "after" };
    const ended = `The run of only ended with FAILED: The notebook failed.\n${help}`;
    const unknown = `The result of the run of only is unknown: the workspace did not report how it ended (503).\n${help}`;
    expect(endingOf({ result: "Failed", errors: [ended] }, ofRun)).toBe("failed run");
    expect(endingOf({ result: "Failed", errors: [unknown] }, ofRun)).toBe("own message");
  });

  it("is canceled only if the step was canceled", () => {
    expect(endingOf({ result: "Canceled", errors: [] }, { ...cell, moment: "cancel" })).toBe("canceled");
  });
});

describe("The leaks of a step at a fault", () => {
  const { variables, secrets } = secretVariables();
  const [, line = ""] = variables["fault.key"].value.split("\n");

  it.each([
    ["a line of a secret", line],
    ["the start of a long secret", variables["fault.long"].value.slice(0, 30)],
    ["a secret in Base64", Buffer.from(`user:${variables["fault.password"].value}`).toString("base64")],
  ])("include %s in the raw output", (_, text) => {
    const found = leaks(secrets, [], [{ where: "output", text: `before ${text} after` }]);
    expect(found).toContainEqual({ kind: "leak", detail: expect.stringContaining("in output") });
  });

  it("include the address of the metadata service where users see it, but not in the environment of the CLI", () => {
    const url = `http://127.0.0.1:4711/${"a1".repeat(32)}`;
    const paths = metadataPaths([`DATABRICKS_METADATA_SERVICE_URL=${url}`]);
    expect(leaks([], paths, [{ where: "environment of databricks", text: url }])).toEqual([]);
    expect(leaks([], paths, [{ where: "log", text: `Get "${url}": EOF` }])).not.toEqual([]);
  });
});

describe("The cells that are left out", () => {
  it("have a reason, and each task has cells of each moment", () => {
    const left = allCombinations().filter((one) => leftOut(one) === undefined);
    const kinds = new Set(left.map(({ task, moment }) => `${task} ${moment}`));
    expect(kinds).toEqual(
      new Set(
        ["deploy", "login"]
          .flatMap((task) => ["before", "during", "renewal", "cancel"].map((moment) => `${task} ${moment}`))
          .concat(["install before", "install during", "install cancel"])
          .concat(
            ["plan", "destroy", "run"].flatMap((task) => ["state", "during", "cancel"].map((m) => `${task} ${m}`)),
          )
          .concat(["validate during", "validate cancel"])
          .concat(["destroy after", "run after"]),
      ),
    );
  });
});
