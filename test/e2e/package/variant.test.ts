import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packageExtension } from "../../../scripts/package.ts";
import manifest from "../../../vss-extension.json";

let folder: string;
let file: string;
let files: Record<string, Uint8Array>;
const text = (name: string) => strFromU8(files[name] ?? new Uint8Array());

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "variant-"));
  const edition = { variant: "preview", version: "1.2.3", stage: path.join(folder, "extension") } as const;
  file = await packageExtension(edition, folder);
  files = unzipSync(fs.readFileSync(file));
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

it("the preview is an item of its own, marked as a preview", () => {
  expect(path.basename(file)).toBe(`${manifest.publisher}.${manifest.id}-preview-1.2.3.vsix`);
  const packaged = text("extension.vsixmanifest");
  expect(packaged).toContain(`Id="${manifest.id}-preview" Publisher="${manifest.publisher}" Version="1.2.3"`);
  expect(packaged).toContain(`<DisplayName>${manifest.name} (preview)</DisplayName>`);
  expect(packaged).toContain("<GalleryFlags>Public Preview</GalleryFlags>");
});

it("the preview's tasks and its page go by its own names", () => {
  const item = `${manifest.publisher}.${manifest.id}-preview`;
  for (const name of ["DatabricksCliInstaller", "DatabricksBundleDeploy", "DatabricksLogin"]) {
    const task = JSON.parse(text(`tasks/${name}/task.json`)) as Record<string, string>;
    expect(task).toMatchObject({ name: `${name}Preview`, version: { Major: 1, Minor: 2, Patch: 3 } });
    expect(task["helpUrl"]).toMatch(new RegExp(`itemName=${item}$`));
    expect(text("overview.md")).toContain(`- task: ${name}Preview@1\n`);
  }
  expect(text("overview.md")).toMatch(new RegExp(`^# ${manifest.name} \\(preview\\)\n`));
  expect(text("overview.md")).not.toMatch(/Databricks(CliInstaller|BundleDeploy|Login)@/);
});
