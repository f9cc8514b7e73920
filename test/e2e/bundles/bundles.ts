import fs from "node:fs";
import path from "node:path";
import { strToU8, zipSync } from "fflate";

/** Files of a bundle by their path in its folder. */
export type BundleFiles = Readonly<Record<string, string>>;

/** Writes files below a folder. */
export function writeFiles(folder: string, files: BundleFiles): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
}

/** Adds text to the end of a bundle's root file; in the example bundle that is where its target `prod` is. */
export function addToRoot(folder: string, yaml: string): void {
  fs.appendFileSync(path.join(folder, "databricks.yml"), yaml);
}

/** Lets the CLI run a script each time it loads the bundle. */
export function addScript(folder: string, script: string): void {
  addToRoot(folder, `\nexperimental:\n  scripts:\n    postinit: ${JSON.stringify(script)}\n`);
}

/** A notebook in Python. */
export const notebook = "# Databricks notebook source\nprint(1)\n";

/** A bundle with the targets dev (no locks, prefixed names) and prod, and these resources (YAML, not indented). */
export function bundleOf(name: string, resources: string, more = ""): BundleFiles {
  return {
    "databricks.yml": `bundle:
  name: ${name}
targets:
  dev:
    mode: development
    default: true
  prod:
    mode: production
${more}resources:
${resources.replace(/^/gm, "  ")}
`,
    "src/step.py": notebook,
  };
}

/** One job of one notebook task. */
export function job(key: string, name: string, parameter = "1"): string {
  return `jobs:
  ${key}:
    name: ${name}
    tasks:
      - task_key: step
        notebook_task:
          notebook_path: ./src/step.py
          base_parameters:
            p: ${parameter}`;
}

export function manyTasks(count: number): BundleFiles {
  const tasks = Array.from(
    { length: count },
    (_, index) => `      - task_key: task_${index}
        notebook_task:
          notebook_path: ./src/step.py`,
  );
  return bundleOf("many-tasks", `jobs:\n  wide:\n    name: Wide\n    tasks:\n${tasks.join("\n")}`);
}

export function manyFiles(count: number): BundleFiles {
  const files = Array.from({ length: count }, (_, index) => [`data/${index % 20}/file_${index}.txt`, `${index}\n`]);
  return { ...bundleOf("many-files", job("one", "One")), ...Object.fromEntries(files) };
}

/** A job of one task from the bundle's wheel. */
export function wheelJob(name: string): string {
  return `jobs:
  package:
    name: ${name}
    tasks:
      - task_key: main
        environment_key: default
        python_wheel_task:
          package_name: demo
          entry_point: main
    environments:
      - environment_key: default
        spec:
          environment_version: "2"
          dependencies:
            - ./dist/*.whl`;
}

/** A bundle with a wheel that a script builds. Each build adds a line to build.log, which is not deployed. */
function wheelBundle(build: string, more = "", files: BundleFiles = {}): BundleFiles {
  const artifacts = `artifacts:
  demo:
    type: whl
    build: sh ./build.sh
${more}sync:
  exclude:
    - build.log
`;
  const script = `mkdir -p dist && rm -f dist/*.whl\n${build}\necho built >> build.log\n`;
  return { ...bundleOf("wheel", wheelJob("Package"), artifacts), "build.sh": script, ...files };
}

/** Each build gives the wheel a new version stamp. */
export const wheel = wheelBundle('echo wheel > "dist/demo-0.1.0+$(date +%s%N)-py3-none-any.whl"');

/** The wheel is a real one. The CLI gives it a new version stamp each time. */
export const dynamicWheel = wheelBundle(
  "base64 -d wheel.base64 > dist/demo-0.1.0-py3-none-any.whl",
  "    dynamic_version: true\n",
  { "wheel.base64": Buffer.from(demoWheel()).toString("base64") },
);

/** The smallest wheel (PEP 427). */
export function demoWheel(): Uint8Array {
  const info = "demo-0.1.0.dist-info";
  const files = {
    "demo/__init__.py": "def main(): ...\n",
    [`${info}/METADATA`]: "Metadata-Version: 2.1\nName: demo\nVersion: 0.1.0\n",
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
  };
  const record = [...Object.keys(files), `${info}/RECORD`].map((name) => `${name},,\n`).join("");
  const entries = Object.entries({ ...files, [`${info}/RECORD`]: record });
  return zipSync(Object.fromEntries(entries.map(([name, text]) => [name, strToU8(text)])));
}

/** A schema, and a pipeline that writes to it. A schema holds data, so that deleting it needs an approval. */
export const schemaAndPipeline: BundleFiles = bundleOf(
  "lake",
  `schemas:
  orders:
    name: orders
    catalog_name: main
    comment: Orders of the day
pipelines:
  refresh:
    name: Refresh
    serverless: true
    catalog: main
    schema: orders
    libraries:
      - notebook:
          path: ./src/step.py`,
);

/** The same bundle without both. */
export const withoutSchema: BundleFiles = bundleOf("lake", job("left", "Left"));

/** An included file has an unknown field in line 4 (a warning) and repeats a key of another file (an error). */
export const errorInInclude: BundleFiles = {
  "databricks.yml": "bundle:\n  name: broken\ninclude:\n  - resources/*.yml\ntargets:\n  dev:\n    default: true\n",
  "resources/jobs.yml": "resources:\n  jobs:\n    nightly:\n      nam: Nightly\n    daily:\n      name: Daily\n",
  "resources/more.yml": "resources:\n  pipelines:\n    daily:\n      name: Daily\n",
};

export const unicodeNames: BundleFiles = bundleOf("größe", job("täglich", '"Täglich 日本語 🚀 \\u202Eevil"'));

/** Names, a value and a script that try to reach the agent or the run page. */
export const injection: BundleFiles = {
  ...bundleOf(
    "inject",
    job(
      "nasty",
      `"##vso[task.setvariable variable=stolen]1 | [x](https://evil.example) <img src=x> \`a\`"`,
      '"##[error]no"',
    ),
    `experimental:
  scripts:
    predeploy: sh ./attack.sh
`,
  ),
  "attack.sh": `printf '##vso[task.setvariable variable=plain]1\\n'
printf 'x\\r##vso[task.setvariable variable=return]1\\n'
printf '##vso[task.set'; sleep 0.2; printf 'variable variable=split]1\\n'
printf '##vso[task.setvariable variable=stderr]1\\n' >&2
printf '##vso[task.complete result=Succeeded;done=true]\\n'
printf '##[error]coloured\\n'
printf 'Warning: ##vso[task.setvariable variable=issue]1\\n\\n' >&2
`,
};
