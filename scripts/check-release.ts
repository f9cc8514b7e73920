import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { root, taskNames } from "./project.ts";

/** What the project's files contain before the first release; CONTRIBUTING.md says what to set instead. */
const placeholder = { publisher: "databricks-bundle-deploy", owner: "@databricks-bundle-deploy/maintainers" };

/** The texts that the check reads, by their path in the project. */
export type ReleaseFiles = Readonly<Record<string, string>>;

export const releaseFiles = [
  "vss-extension.json",
  "package.json",
  "CHANGELOG.md",
  ".github/CODEOWNERS",
  ...taskNames.map((name) => `tasks/${name}/task.json`),
];

/** Why these sources must not be published; empty if they may. */
export function releaseProblems(files: ReleaseFiles): string[] {
  const json = (file: string) => JSON.parse(files[file] ?? "{}") as Record<string, unknown>;
  const manifest = json("vss-extension.json");
  const { publisher, id, repository } = manifest as { publisher: string; id: string; repository: { uri: string } };
  const { version } = json("package.json");
  const item = `https://marketplace.visualstudio.com/items?itemName=${publisher}.${id}`;
  const definitions = taskNames.map((name) => ({ name, definition: json(`tasks/${name}/task.json`) }));
  const checks: readonly (readonly [boolean, string])[] = [
    [publisher !== placeholder.publisher, `vss-extension.json: the publisher ${publisher} is a placeholder.`],
    [
      !repository.uri.includes(`/${placeholder.publisher}/`) && /^https:\/\/[\w.-]+\/\S+$/.test(repository.uri),
      `vss-extension.json: the repository ${repository.uri} is a placeholder. All links of the listing and of error messages lead there.`,
    ],
    ...definitions.map(
      ({ name, definition }) =>
        [
          definition["author"] === publisher && definition["helpUrl"] === item,
          `tasks/${name}/task.json: author and helpUrl are not those of ${publisher}.${id}.`,
        ] as const,
    ),
    [
      !(files[".github/CODEOWNERS"] ?? "").includes(placeholder.owner),
      ".github/CODEOWNERS: the team is a placeholder. It answers reports of vulnerabilities.",
    ],
    [
      /^## (.+)$/m.exec(files["CHANGELOG.md"] ?? "")?.[1]?.startsWith(String(version)) === true,
      `CHANGELOG.md: the first section is not that of version ${version}.`,
    ],
  ];
  return checks.flatMap(([good, problem]) => (good ? [] : [problem]));
}

/** The files of this checkout. */
export function readReleaseFiles(): ReleaseFiles {
  return Object.fromEntries(releaseFiles.map((file) => [file, fs.readFileSync(path.join(root, file), "utf8")]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = releaseProblems(readReleaseFiles());
  for (const problem of problems) console.log(`##vso[task.logissue type=error]${problem}`);
  if (problems.length > 0) {
    console.log('Nothing was published. See CONTRIBUTING.md, "Before the first release, once".');
    process.exitCode = 1;
  }
}
