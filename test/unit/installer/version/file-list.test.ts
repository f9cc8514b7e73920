import { describe, expect, it } from "vitest";
import { nextMarker } from "../../../../tasks/DatabricksCliInstaller/version/file-list.ts";

describe("The next page of an object store's list", () => {
  it.each<[string, string, string | undefined]>([
    ["the last page", "<IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents>", undefined],
    ["a page without such elements", '<a href="v1.0.0/">v1.0.0/</a>', undefined],
    ["an empty marker", "<Blobs /><NextMarker />", undefined],
    ["an empty marker in two tags", "<NextMarker></NextMarker>", undefined],
    ["a marker", "<IsTruncated>true</IsTruncated><NextMarker>2!76!MDAw</NextMarker>", "2!76!MDAw"],
    ["the last file", "<Key>a</Key><IsTruncated>true</IsTruncated><Key>b</Key>", "b"],
    ["no file", "<IsTruncated>true</IsTruncated>", ""],
    ["escaped characters", "<IsTruncated>true</IsTruncated><Key>a&amp;lt;&#39;&#x2F;&quot;</Key>", "a&lt;'/\""],
  ])("begins after %s", (_, list, expected) => {
    expect(nextMarker(list)).toBe(expected);
  });
});
