import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { license, name as project, version } from "../package.json";
import { repository } from "../vss-extension.json";
import { bundleTask } from "./bundle.ts";
import { type BundledPackage, bundledPackages } from "./bundled-packages.ts";
import { root, taskNames } from "./project.ts";

/** The commit that a list of parts describes. */
export interface SourceCommit {
  readonly hash: string;
  /** `2026-01-31T12:00:00Z` */
  readonly time: string;
}

/**
 * The packages that the extension contains, as SPDX 2.3 in JSON. npm's own list contains everything that package.json
 * requires; the bundle contains only a part of that. The time is that of the commit, so the same sources produce the same
 * list.
 */
export function spdxDocument(packages: readonly BundledPackage[], commit: SourceCommit): object {
  const extension = { name: project, version, license };
  const parts = packages.map((one) => spdxPackage(one, partId(one)));
  const relation = (from: string, relationshipType: string, to: string) => ({
    spdxElementId: from,
    relationshipType,
    relatedSpdxElement: to,
  });
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `${project}-${version}`,
    documentNamespace: `${repository.uri}/sbom/${version}-${commit.hash}`,
    creationInfo: { created: commit.time, creators: [`Tool: ${project}-${version}`] },
    packages: [{ ...spdxPackage(extension, "SPDXRef-extension"), primaryPackagePurpose: "APPLICATION" }, ...parts],
    relationships: [
      relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-extension"),
      ...parts.map(({ SPDXID }) => relation("SPDXRef-extension", "CONTAINS", SPDXID)),
    ],
  };
}

function spdxPackage({ name, version, license }: Omit<BundledPackage, "folder">, SPDXID: string) {
  return {
    SPDXID,
    name,
    versionInfo: version,
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    licenseConcluded: "NOASSERTION",
    licenseDeclared: license ?? "NOASSERTION",
    copyrightText: "NOASSERTION",
    ...(SPDXID === "SPDXRef-extension" ? {} : { externalRefs: [packageUrl(name, version)] }),
  };
}

/** The specification of package URLs requires a scope's @ as %40. */
function packageUrl(name: string, version: string) {
  const referenceLocator = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator };
}

/** SPDX IDs consist of letters, digits, dots and dashes. */
function partId({ name, version }: BundledPackage): string {
  return `SPDXRef-${`${name}-${version}`.replace("@", "").replace(/[^A-Za-z0-9.-]/g, "-")}`;
}

/** The packages that the bundles of all tasks contain. */
export async function packagesOfTasks(): Promise<BundledPackage[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sbom-"));
  try {
    const metafiles = await Promise.all(
      taskNames.map((name) => bundleTask(root, path.join(root, "tasks", name), path.join(folder, name))),
    );
    return bundledPackages(root, metafiles.flat());
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function lastCommit(): SourceCommit {
  const options = { cwd: root, encoding: "utf8", env: { ...process.env, TZ: "UTC" } } as const;
  const format = ["--format=%H %cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ"];
  const [hash = "", time = ""] = execFileSync("git", ["log", "-1", ...format], options)
    .trim()
    .split(" ");
  return { hash, time };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = path.join(root, "dist", "sbom.spdx.json");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(spdxDocument(await packagesOfTasks(), lastCommit()), undefined, 2)}\n`);
  console.log(path.relative(root, file));
}
