import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

type Secrets = typeof import("../../../tasks/common/pipeline/secrets.ts");

const key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\r\n  hkiG9w0BAQEFAASC\n}\nA==\n-----END PRIVATE KEY-----\n";

describe("Secrets", () => {
  let secrets: Secrets;

  beforeEach(async () => {
    vi.resetModules();
    secrets = await import("../../../tasks/common/pipeline/secrets.ts");
  });

  afterEach(() => vi.resetModules());

  it("hide each line of at least 6 characters that is not the frame of a PEM file", () => {
    expect(secrets.rememberSecret(key)).toEqual(["MIIEvQIBADANBgkq", "hkiG9w0BAQEFAASC"]);
    const shown = secrets.maskSecrets(`a MIIEvQIBADANBgkq\n${key}b hkiG9w0BAQEFAASC } A==`);
    expect(shown).toBe("a ***\n***b *** } A==");
  });

  it("that touch or overlap are hidden as one", () => {
    for (const secret of ["s3cret", "cretX", "word"]) secrets.rememberSecret(secret);
    expect(secrets.maskSecrets("<s3cretX><s3cretword><s3cret word>")).toBe("<***><***><*** ***>");
  });

  it("hide a line of 6 characters, but not one of 5", () => {
    expect(secrets.rememberSecret("abcdef\nghijk")).toEqual(["abcdef"]);
  });

  it("of one line are hidden as a whole, whatever their length", () => {
    expect(secrets.rememberSecret("ab")).toEqual(["ab"]);
    expect(secrets.rememberSecret("  ")).toEqual([]);
    expect(secrets.maskSecrets("cabd")).toBe("c***d");
  });

  it.each([
    ["Base64", Buffer.from(`p"s (w)\n%rd!`).toString("base64")],
    ["JSON", `p\\"s (w)`],
    ["a URL", "p%22s%20%28w%29"],
    ["escaped line ends", `p"s (w)%0A%rd!`],
    ["a logging command", `p"s (w)%0A%AZP25rd!`],
  ])("are hidden as %s", (_, form) => {
    secrets.rememberSecret(`p"s (w)\n%rd!`);
    expect(secrets.maskSecrets(`<${form}>`)).toBe("<***>");
  });

  it.each([
    ["a segment of a path", "p@ss%2Fw%20rd%25+x&42:$=%2C%3B%21"],
    ["a path", "p@ss/w%20rd%25+x&42:$=,;%21"],
    ["a query", "p%40ss%2Fw+rd%25%2Bx%2642%3A%24%3D%2C%3B%21"],
  ])("are hidden as the CLI writes them into %s", (_, form) => {
    const value = "p@ss/w rd%+x&42:$=,;!";
    expect(secrets.rememberSecret(value)).toContain(form);
    expect(secrets.maskSecrets(`<${form}>`)).toBe("<***>");
  });

  it("are hidden as the agent writes them into an input that is a file", () => {
    expect(secrets.rememberSecret("abc//def/./ghi/")).toContain(path.normalize("abc/def/ghi/"));
    expect(secrets.maskSecrets(`<${path.resolve(path.parse(process.cwd()).root, "abc//def/./ghi/")}>`)).toBe(
      `<${path.parse(process.cwd()).root}***>`,
    );
    secrets.rememberSecret("a/..");
    expect(secrets.maskSecrets("It ends.")).toBe("It ends.");
  });

  it("are hidden as the CLI writes them into JSON", () => {
    expect(secrets.rememberSecret('{"sig": "a&b<c>"}')).toContain('{\\"sig\\": \\"a\\u0026b\\u003cc\\u003e\\"}');
    expect(secrets.maskSecrets("<sv\\u0026sig>")).toBe("<sv\\u0026sig>");
    secrets.rememberSecret("sv&sig");
    expect(secrets.maskSecrets("<sv\\u0026sig>")).toBe("<***>");
  });

  it("have no further form if all programs write them in the same way", () => {
    expect(secrets.rememberSecret("eyJhbGciOi.J9-_~")).toEqual(["eyJhbGciOi.J9-_~"]);
  });

  it("are hidden without the quotes around them, and where they overlap", () => {
    secrets.rememberSecret(`"in quotes"`);
    secrets.rememberSecret("quotes and more");
    expect(secrets.maskSecrets("<in quotes and more>")).toBe("<***>");
    expect(secrets.maskSecrets("https://user:pass@host/x")).toBe("https://user:***@host/x");
  });

  it("are not cut in two when text is shortened", () => {
    secrets.rememberSecret("0123456789");
    secrets.rememberSecret("89abc");
    expect(secrets.shorten("ab 0123456789", 8)).toBe("ab ");
    expect(secrets.shorten("ab 0123456789abc", 14)).toBe("ab ");
    expect(secrets.shorten("ab 0123456789 cd", 13)).toBe("ab 0123456789");
    expect(secrets.shorten("ab 0123456789", 13)).toBe("ab 0123456789");
    expect(secrets.shorten("ab 🚀", 4)).toBe("ab ");
  });

  it("keep their last character where a sentence goes on", () => {
    secrets.rememberSecret("s3cret.");
    expect(secrets.withoutEnd("bad value.", /\.$/)).toBe("bad value");
    expect(secrets.withoutEnd("bad s3cret.", /\.$/)).toBe("bad s3cret.");
    expect(secrets.withoutEnd("bad s3cret..", /\.+$/)).toBe("bad s3cret..");
    expect(secrets.withoutEnd("no end", /\.$/)).toBe("no end");
  });

  it("that may begin at the end of a piece are held back", () => {
    secrets.rememberSecret("0123456789");
    expect(secrets.endOfPiece("text")).toBe(4);
    for (let length = 1; length < 10; length += 1)
      expect(secrets.endOfPiece(`text ${"0123456789".slice(0, length)}`), `${length}`).toBe(5);
    expect(secrets.endOfPiece("text 0 0123456789")).toBe(17);
    expect(secrets.endOfPiece("0123")).toBe(0);
    secrets.rememberSecret("789xyz");
    expect(secrets.endOfPiece("text 0123456789")).toBe(5);
  });

  it("are not quoted in part", () => {
    secrets.rememberSecret("correct horse battery");
    expect(secrets.quoted("horse")).toBe(`"***"`);
    expect(secrets.quoted("a correct horse battery")).toBe(`"a ***"`);
    expect(secrets.quoted("hor")).toBe(`"hor"`);
    expect(secrets.quoted("donkey")).toBe(`"donkey"`);
    expect(secrets.quotedUrl("https://me:donkey@host/path")).toBe(`"https://***@host/path"`);
    expect(secrets.quotedUrl("me:donkey@host")).toBe(`"***@host"`);
    expect(secrets.quotedUrl("host/path")).toBe(`"host/path"`);
  });

  it("are not named in part, if a line of one looks like name=value", () => {
    secrets.rememberSecret("region\nZm9vYmFy==\n");
    expect(secrets.shownName("Zm9vYmFy")).toBe("***");
    expect(secrets.shownName("regi")).toBe("regi");
  });

  it("of several lines are recognized by a line", () => {
    secrets.rememberSecret(key);
    secrets.rememberSecret("single");
    expect(["MIIEvQIBADANBgkq", " }", "single", "MIIE"].map(secrets.isLineOfSecret)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
