import { expect, test } from "vitest";
import { startAgent } from "../../../../lab/agent/agent.ts";
import { nodes, packageTask, scriptTask, type TaskJson } from "../fixture.ts";

test.each<[string, TaskJson, RegExp]>([
  ["an unknown handler", { execution: { Node20: { target: "index.js" } } }, /handler 'Node20' is unknown to agents/],
  ["a missing target", { execution: { Node24: { target: "main.js" } } }, /Node24: target 'main.js' does not exist/],
  ["no handler", { execution: {} }, /execution names no handler/],
  ["an id that is no GUID", { id: "42" }, /id '42' is not a GUID/],
  ["a name with a dash", { name: "my-task" }, /name 'my-task' must match/],
  ["an input twice", { inputs: [...scriptTask.inputs, { name: "Script", type: "string" }] }, /'script' occurs twice/],
  ["a version in words", { version: { Major: 1, Minor: 0, Patch: NaN } }, /numeric Major, Minor and Patch/],
  ["a post-job stage without a handler", { postjobexecution: {} }, /postjobexecution names no handler/],
])("a package is refused for %s", async (_what, task, message) => {
  const { node = "" } = nodes[0] ?? {};
  await expect(startAgent({ vsix: packageTask(task), node })).rejects.toThrow(message);
});
