import { describe, expect, it } from "vitest";
import { pathsIn } from "../../../../tasks/common/databricks/bundle/outside-paths.ts";

const beginningsIn = (text: string) =>
  pathsIn(text, "databricks.yml", { folders: ["/r/teams/sales"], roots: ["/r", "/link to/r"] }).flatMap(
    ({ beginnings }) => beginnings,
  );

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
    ["make -C../tools -r../r.txt", ["/r/teams/tools", "/r/teams/r.txt"]],
    ["cc -isystem../a -I./../b", ["/r/teams/a", "/r/teams/b"]],
    ["cc @../args", ["/r/teams/args"]],
    ['build: "python \\"../x.py\\""', ["/r/teams/x.py"]],
    [`x: ../lib/\${var.name}/../../a`, ["/r"]],
    [`x: \${var.lib}/../../a`, ["/r"]],
    [`x: ..\${var.separator}a`, ["/r/teams"]],
    ["x: {{cookiecutter.lib}}/../a", ["/r/teams"]],
    ["x: /r/shared/a.py, y: '/link to/r/shared', z: /r2/a", ["/r/shared/a.py", "/r/shared"]],
    [`x: /r/shared/\${var.name}/a`, ["/r/shared/"]],
    ["x: /r", ["/r"]],
  ])("are found in %s", (text, expected) => expect(beginningsIn(text)).toEqual(expected));

  it.each([
    'build: cd "$PWD"/../shared && make',
    "pip wheel $(pwd)/../shared",
    "pip wheel `pwd`/../shared",
    "make -C $PWD/../shared",
    "make -C$PWD/../shared",
    `make -C \${DIR}../shared`,
    "make -C %CD%\\..\\shared",
    "make -C ~/../shared",
    "cd.. & make -C shared",
    "cd..\\shared & make",
    "pip wheel /opt/lib/../shared",
  ])("may be anywhere below the folder above in %s", (text) => expect(beginningsIn(text)).toEqual(["/r/teams"]));

  it.each([
    "x: ./src/a.py",
    "wait.. and go",
    "x: a..b",
    "range 1..5 and so on...",
    "x: /Workspace/Shared/../a",
    `x: \${workspace.file_path}/../a`,
  ])("are not found in %s", (text) => expect(beginningsIn(text)).toEqual([]));
});
