import { describe, expect, it } from "vitest";
import { tagsOfAdvertisement } from "../../../../tasks/DatabricksCliInstaller/version/git-refs.ts";

describe("A git server's list of refs", () => {
  const line = (text: string) => `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, "0")}${text}`;
  const id = "0123456789abcdef0123456789abcdef01234567";
  const service = `${line("# service=git-upload-pack\n")}0000`;

  it("reads the tags from a git server's list of refs, counting bytes", () => {
    const refs = [`${id} HEAD\0multi_ack symref=HEAD:refs/heads/main\n`, `${id} refs/heads/größe\n`];
    const tags = [`${id} refs/tags/v1.0.0\n`, `${id} refs/tags/v1.0.0^{}\n`, `${id} refs/tags/snapshot\n`];
    const text = `${service}${[...refs, ...tags].map(line).join("")}0000`;
    expect(new Set(tagsOfAdvertisement(text))).toEqual(new Set(["v1.0.0", "snapshot"]));
  });

  it("reads a tag in the first line, beside the server's capabilities", () => {
    expect(tagsOfAdvertisement(`${service}${line(`${id} refs/tags/v1.0.0\0agent=git/2\n`)}0000`)).toEqual(["v1.0.0"]);
  });

  it("is incomplete wherever it is cut off among the refs", () => {
    const tags = ["v1.9.0", "v1.10.0", "v1.11.0"].map((tag) => line(`${id} refs/tags/${tag}\n`));
    const text = `${service}${tags.join("")}0000`;
    for (let length = text.indexOf("v1.9.0"); length < text.length; length++) {
      expect(tagsOfAdvertisement(text.slice(0, length)), `${length} bytes`).toBe("incomplete");
    }
    expect(tagsOfAdvertisement(text)).toHaveLength(3);
  });

  it.each(["", "<html></html>", "001e# service=git-upload-archive\n0000"])("reads no list of refs from %j", (text) => {
    expect(tagsOfAdvertisement(text)).toBeUndefined();
  });
});
