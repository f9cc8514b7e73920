import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root } from "../../../scripts/project.ts";
import { taskNodes } from "../nodes.ts";

/** What differs between two machines that package the same sources. */
interface Machine {
  readonly node: string;
  readonly timeZone: string;
  readonly umask: number;
}

let folder: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "packages-"));
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function packageOn({ node, timeZone, umask }: Machine): Buffer {
  const target = fs.mkdtempSync(path.join(folder, "package-"));
  const script = path.join(target, "package.mts");
  const module = (name: string) => JSON.stringify(path.join(root, "scripts", name));
  fs.writeFileSync(
    script,
    `import { production } from ${module("build.ts")};
     import { packageExtension } from ${module("package.ts")};
     process.umask(${umask});
     const edition = { ...production, stage: ${JSON.stringify(path.join(target, "extension"))} };
     console.log(await packageExtension(edition, ${JSON.stringify(target)}));`,
  );
  const tsx = path.join(root, "node_modules", "tsx", "dist", "cli.mjs");
  const env = { ...process.env, TZ: timeZone };
  return fs.readFileSync(execFileSync(node, [tsx, script], { cwd: root, env, encoding: "utf8" }).trim());
}

it("gives the same package on another Node, in another time zone, in another folder", () => {
  const [first, second] = taskNodes.map(({ path: node }, index) =>
    packageOn(
      index === 0
        ? { node, timeZone: "Pacific/Kiritimati", umask: 0o022 }
        : { node, timeZone: "America/Los_Angeles", umask: 0o077 },
    ),
  );
  expect(first?.length).toBeGreaterThan(0);
  expect(second?.equals(first ?? Buffer.alloc(0))).toBe(true);
});
