import fs from "node:fs";
import { strFromU8, unzipSync } from "fflate";
import { beforeAll, describe, expect, it } from "vitest";
import { version } from "../../../package.json";
import { taskNames } from "../../../scripts/project.ts";
import { packagesOfTasks, spdxDocument } from "../../../scripts/sbom.ts";
import { packagedExtension } from "../harness.ts";

interface SpdxPackage {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo: string;
  readonly licenseDeclared: string;
  readonly externalRefs?: readonly { readonly referenceType: string; readonly referenceLocator: string }[];
}

interface Spdx {
  readonly packages: readonly SpdxPackage[];
  readonly relationships: readonly Record<string, string>[];
}

const commit = { hash: "0123abcd", time: "2026-01-31T12:00:00Z" };
let document: Spdx;

beforeAll(async () => {
  document = spdxDocument(await packagesOfTasks(), commit) as Spdx;
});

/** `name version` of every package that the notices of the packaged tasks name. */
function noticedPackages(): string[] {
  const files = unzipSync(fs.readFileSync(packagedExtension()));
  const notices = taskNames.map((name) => strFromU8(files[`tasks/${name}/ThirdPartyNotices.txt`] ?? new Uint8Array()));
  const found = notices.flatMap((text) => [...text.matchAll(/^-{80}\n(\S+ \S+) \(/gm)].map(([, one = ""]) => one));
  return [...new Set(found)].sort();
}

describe("the SBOM", () => {
  it("names the extension, and each package that is bundled into a task, once", () => {
    const [extension, ...parts] = document.packages;
    expect(extension).toMatchObject({ versionInfo: version, licenseDeclared: "MIT" });
    expect(parts.map((one) => `${one.name} ${one.versionInfo}`)).toEqual(noticedPackages());
    expect(parts.map(({ name }) => name)).toEqual(expect.arrayContaining(["@azure/msal-common", "yauzl"]));
  });

  it("gives each package its purl and its license", () => {
    for (const { name, versionInfo, licenseDeclared, externalRefs } of document.packages.slice(1)) {
      const referenceLocator = `pkg:npm/${name.replace(/^@/, "%40")}@${versionInfo}`;
      expect(externalRefs).toEqual([{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator }]);
      expect(licenseDeclared, name).toMatch(/^[A-Za-z0-9.-]+$/);
      expect(licenseDeclared, name).not.toBe("NOASSERTION");
    }
  });

  it("has what SPDX 2.3 asks for", () => {
    expect(document).toMatchObject({
      spdxVersion: "SPDX-2.3",
      dataLicense: "CC0-1.0",
      SPDXID: "SPDXRef-DOCUMENT",
      documentNamespace: expect.stringMatching(/^https:\/\/[^#]+0123abcd$/),
      creationInfo: { created: commit.time, creators: [expect.stringMatching(/^Tool: /)] },
    });
    const ids = document.packages.map(({ SPDXID }) => SPDXID);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
    const [described, ...contained] = document.relationships;
    expect(described).toMatchObject({ relationshipType: "DESCRIBES", relatedSpdxElement: ids[0] });
    expect(contained.map(({ relatedSpdxElement }) => relatedSpdxElement)).toEqual(ids.slice(1));
  });

  it("is the same for the same commit", async () => {
    expect(spdxDocument(await packagesOfTasks(), commit)).toEqual(document);
  });
});
