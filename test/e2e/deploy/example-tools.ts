import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { installOnce, pythonPackages, runProgram } from "../../lab/install-once.ts";

/** What a wheel is built with by `python -m build`, which installs it anew for each build. */
const buildBackend = ["hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers"];

const requirements = path.join(import.meta.dirname, "examples-requirements.txt");

/**
 * The environment of an agent on which the programs of the examples are installed: pytest, uv, build and Poetry. None of
 * them can reach a package index, so what the examples install must be there.
 */
export async function exampleTools(): Promise<{ path: string; environment: Record<string, string> }> {
  const bin = await pythonPackages("examples", requirements);
  const pins = fs.readFileSync(requirements, "utf8").split("\n");
  const needed = pins.filter((pin) => buildBackend.includes(pin.split("==", 1)[0] ?? ""));
  const wheels = await installOnce("wheels", {
    parts: needed,
    install: (target) =>
      runProgram(path.join(bin, "python"), [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        target,
        ...needed,
      ]),
  });
  const python = { PIP_NO_INDEX: "1", PIP_FIND_LINKS: wheels };
  const uv = { UV_OFFLINE: "1", UV_NO_BUILD_ISOLATION: "1", UV_PYTHON: path.join(bin, "python") };
  return { path: bin, environment: { ...python, ...uv } };
}

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "artifact-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}
