import { expect, test } from "vitest";
import { nodes, runScript } from "../fixture.ts";

test("a task without a Node24 handler does not run on Node 24", async () => {
  const node = nodes[1]?.node ?? "";
  const run = runScript("1", { agent: { node }, task: { execution: { Node20_1: { target: "index.js" } } } });
  await expect(run).rejects.toThrow(/would not run Script \(handler Node20_1\) on Node 24/);
});
