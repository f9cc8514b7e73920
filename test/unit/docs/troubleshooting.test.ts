import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { version } from "../../../package.json";
import { root } from "../../../scripts/project.ts";
import { withKnownFailures } from "../../../scripts/troubleshooting.ts";
import { troubleshootingSections } from "../../../tasks/common/pipeline/errors.ts";
import { troubleshootingUrl } from "../../../tasks/common/product.ts";

const page = path.join(root, "docs/troubleshooting.md");

it("has a section for everything that an error points to, and no other", () => {
  const anchors = [...fs.readFileSync(page, "utf8").matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id]) => id);
  expect(anchors.sort()).toEqual([...troubleshootingSections]);
});

it("contains the known failures of the catalogue (to update it: npm run docs)", () => {
  const text = fs.readFileSync(page, "utf8");
  expect(text).toBe(withKnownFailures(text));
});

it("is where error messages say that help is, as it is in the release", () => {
  expect(troubleshootingUrl).toMatch(/\/docs\/troubleshooting\.md$/);
  expect(troubleshootingUrl).toContain(`/v${version}/`);
});
