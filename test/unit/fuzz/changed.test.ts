import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect } from "vitest";
import { decide } from "../../../tasks/DatabricksBundleDeploy/changed/changed-since.ts";
import { property } from "./property.ts";

const home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "fuzz changed-")));
afterAll(() => fs.rmSync(home, { recursive: true }));
process.env["HOME"] = home;

function git(top: string, ...command: string[]): void {
  execFileSync("git", ["-C", top, "-c", "user.name=A", "-c", "user.email=a@example.com", ...command], {
    stdio: ["ignore", "ignore", "pipe"],
  });
}

const onWindows = process.platform === "win32";
/** Names that mean something to git, to YAML, to a shell or in a pattern. */
const oddNames = [
  "größe",
  "e\u0301",
  "a b",
  "-x",
  "a[1]",
  "#c",
  "a'b",
  "{a}",
  "a,b",
  "$x",
  "~",
  "!a",
  "a&b",
  "@",
  "%41",
];
const oddOnLinux = ['q"q', "a*b", "a?b", ":(top)", "a:b", "n\nn", "t\tt", "b\\b", "<a>", "a|b", " a", "a ", " "];
const names = fc.constantFrom("lib", "a", "src", ...oddNames, ...(onWindows ? [] : oddOnLinux));

/** How a bundle's file can write a path with `..` that leads to a file. */
const references: Readonly<Record<string, (file: string) => string>> = {
  plain: (file) => file,
  quoted: (file) => `'${file.replaceAll("'", "''")}'`,
  "in double quotes": (file) => JSON.stringify(file),
  escaped: (file) =>
    `"${[...file].map((one) => (/[\w./]/.test(one) ? one : `\\U${(one.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`)).join("")}"`,
  "with a dot": (file) => `'./${file.replaceAll("'", "''")}'`,
  "with two slashes": (file) => JSON.stringify(file.replaceAll("/", "//")),
  "to its folder": (file) => JSON.stringify(path.posix.dirname(file)),
  "with a star": (file) => JSON.stringify(`${path.posix.dirname(file)}/*`),
  "with a variable": (file) => JSON.stringify(`${path.posix.dirname(file)}/\${var.name}`),
  "in a command": (file) => `"cat ${JSON.stringify(file).slice(1, -1)}"`,
};

const edits = {
  change: (file: string) => fs.appendFileSync(file, "2"),
  delete: (file: string) => fs.rmSync(file),
  rename: (file: string) => fs.renameSync(file, `${file}.2`),
  add: (file: string) => fs.writeFileSync(path.join(path.dirname(file), "new.py"), "2"),
} as const;

const changes = fc.record({
  bundle: names,
  folder: names,
  file: names,
  reference: fc.constantFrom(...Object.keys(references)),
  edit: fc.constantFrom(...(Object.keys(edits) as (keyof typeof edits)[])),
  where: fc.constantFrom("bundle", "other folder"),
  isCommitted: fc.boolean(),
});

describe("A bundle with any names of files", () => {
  let count = 0;

  property(
    "is never skipped after one of its files has changed",
    changes,
    async ({ bundle, folder, file, reference, edit, where, isCommitted }) => {
      count += 1;
      const top = path.join(home, String(count));
      const [own, other] = [path.join(top, "bundles", bundle), path.join(top, "shared", folder)];
      for (const one of [own, other]) fs.mkdirSync(one, { recursive: true });
      const named = references[reference]?.(`../../shared/${folder}/${file}`) ?? "";
      fs.writeFileSync(path.join(own, "databricks.yml"), `bundle:\n  name: x\nx:\n  notebook_path: ${named}\n`);
      for (const one of [path.join(own, file), path.join(other, file), path.join(top, "README.md")])
        fs.writeFileSync(one, "1");
      git(top, "init", "--quiet");
      git(top, "add", "--all");
      git(top, "commit", "--quiet", "--message", "1");
      git(top, "tag", "deployed");
      fs.writeFileSync(path.join(top, "README.md"), "2");
      git(top, "commit", "--quiet", "--all", "--message", "2");
      const decision = () =>
        decide(
          { cancel: new AbortController().signal },
          { folder: own, variables: {}, pullRequestComment: false },
          "deployed",
        );
      // What is certain can be skipped: otherwise, the rest would prove nothing.
      const before = await decision();
      if ([bundle, folder, file].every((name) => /^\w+$/.test(name))) expect(before).toMatchObject({ skips: true });
      edits[edit](path.join(where === "bundle" ? own : other, file));
      if (isCommitted) {
        git(top, "add", "--all");
        git(top, "commit", "--quiet", "--message", "3");
      }
      // A new file beside the one that is named does not belong to the bundle.
      const belongs = where === "bundle" || edit !== "add" || /folder|star|variable/.test(reference);
      const after = await decision();
      if (belongs) expect(after).toMatchObject({ skips: false });
      expect(after.line).not.toMatch(/at \S+:\d+:\d+|undefined|\[object/);
      fs.rmSync(top, { recursive: true });
    },
    30,
  );
});
