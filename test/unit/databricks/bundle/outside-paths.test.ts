import { describe, expect, it } from "vitest";
import { pathsIn } from "../../../../tasks/common/databricks/bundle/outside-paths.ts";

const beginningsIn = (text: string) =>
  pathsIn(text, "/r/teams/sales/databricks.yml", ["/r/teams/sales"]).flatMap(({ beginnings }) => beginnings);

describe("Paths outside of a bundle's folder", () => {
  it.each([
    ["- ../shared/lib.py", ["/r/teams/shared/lib.py"]],
    ["path: '..'", ["/r/teams"]],
    ["x: {path: ../a, other: ../../b}", ["/r/teams/a", "/r/b"]],
    ["cd ../lib&&make -C ../tools", ["/r/teams/lib", "/r/teams/tools"]],
    ["whl: ../dist/*.whl", ["/r/teams/dist/"]],
    ["x: ../lib-*/a", ["/r/teams/lib-"]],
    ["x: ../my lib/a", ["/r/teams/my"]],
    ["x: src/../../a", ["/r/teams/a"]],
    ['"x": "..\\\\..\\\\a"', ["/r/a"]],
    ["-e file:../lib", ["/r/teams/lib"]],
    [`x: ../lib/\${var.name}/a`, ["/r/teams/lib/"]],
    [`x: \${var.lib}/../a`, ["/r/teams"]],
    ["# see ../README.md", ["/r/teams/README.md"]],
  ])("are found in %s", (text, expected) => expect(beginningsIn(text)).toEqual(expected));

  it.each([
    "x: ./src/a.py",
    "x: a..b",
    "range 1..5 and so on...",
    "x: /Workspace/Shared/../a",
    `x: \${workspace.file_path}/../a`,
  ])("are not found in %s", (text) => expect(beginningsIn(text)).toEqual([]));
});
