import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const agent = path.join(import.meta.dirname, "../../../lab/agent");

/** The rooms in the order of the README: each imports only from those after it, and from types.ts. */
const rooms = ["agent.ts", "run", "commands", "step", "job", "machine", "server", "types.ts"];

/** All that the agent uses of the lab: whether it runs on Windows, and how to start something there. */
const windows = ["../agents.ts", "../wine/paths.ts", "../wine/programs.ts", "../wine/wine.ts"];

const roomOf = (file: string) => path.relative(agent, file).split(path.sep)[0] ?? "";

/** The files of the agent that a file imports, and exports again. */
function importsOf(file: string): string[] {
  const specifiers = [...fs.readFileSync(file, "utf8").matchAll(/ from "(\.[^"]+)";/g)].map(([, found]) => found ?? "");
  return specifiers.map((specifier) => path.resolve(path.dirname(file), specifier));
}

const files = fs
  .readdirSync(agent, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => path.join(agent, name));

test("every file of the lab's agent is in a room, and the README lists the rooms in their order", () => {
  expect([...new Set(files.map(roomOf))].sort()).toEqual([...rooms].sort());
  const listed = [...fs.readFileSync(path.join(agent, "README.md"), "utf8").matchAll(/^\| `([\w.]+)\/?` \|/gm)];
  expect([...listed.map(([, room]) => room), "types.ts"]).toEqual(rooms);
});

test.each(files.map((file) => path.relative(agent, file)))("imports of %s point one way", (name) => {
  const own = rooms.indexOf(roomOf(path.join(agent, name)));
  const inside = importsOf(path.join(agent, name)).filter(
    (imported) => !windows.includes(path.relative(agent, imported)),
  );
  const back = inside.filter((imported) => rooms.indexOf(roomOf(imported)) < own);
  expect(back).toEqual([]);
});

test("the lab imports nothing from the e2e tests or the demo", () => {
  const lab = path.dirname(agent);
  const names = fs.readdirSync(lab, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const imported = names.flatMap((name) => importsOf(path.join(lab, name)));
  expect(imported.filter((file) => path.relative(lab, file).startsWith(".."))).toEqual([]);
});
