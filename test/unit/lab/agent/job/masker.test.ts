import { describe, expect, test } from "vitest";
import { SecretMasker } from "../../../../lab/agent/job/masker.ts";

function maskerOf(...values: string[]): SecretMasker {
  const masker = new SecretMasker();
  for (const value of values) masker.addValue(value);
  return masker;
}

describe("masked values", () => {
  test.each([
    ["each occurrence", ["secret"], "a secret, a secret", "a ***, a ***"],
    ["case matters", ["secret"], "Secret", "Secret"],
    ["one character is enough", ["e"], "here", "h***r***"],
    ["ranges that overlap become one", ["abcd", "cdef"], "xabcdefx", "x***x"],
    ["ranges that touch become one", ["abc", "def"], "xabcdefx", "x***x"],
    ["ranges apart stay apart", ["abc", "def"], "abc def", "*** ***"],
    ["a value that overlaps itself", ["aba"], "xababax", "x***x"],
    ["a value within another", ["abcdef", "cd"], "abcdef", "***"],
    ["the empty value masks nothing", [""], "text", "text"],
  ])("%s", (_what, values, text, masked) => expect(maskerOf(...values).mask(text)).toBe(masked));

  test.each([
    ["JSON", 'p"w\\d', '{"k":"p\\"w\\\\d"}', '{"k":"***"}'],
    ["URI", "p w/d!", "q=p%20w%2Fd%21&", "q=***&"],
    ["without backslash escapes", "p\\\\w", "p\\w", "***"],
  ])("also in the form: %s", (_form, value, text, masked) => expect(maskerOf(value).mask(text)).toBe(masked));

  test("a value set at run time is not masked in base64", () => {
    const encoded = Buffer.from("secret-value").toString("base64");
    expect(maskerOf("secret-value").mask(encoded)).toBe(encoded);
  });
});

describe("secret variables", () => {
  const maskUser = (value: string, text: string) => {
    const masker = new SecretMasker();
    masker.addUserSecret(value);
    return masker.mask(text);
  };

  test.each([
    ["base64", "secret-value", Buffer.from("secret-value").toString("base64")],
    ["without its quotes", '"secret-value"', "secret-value"],
    ["without its single quotes", "'secret-value'", "secret-value"],
    ["trimmed", " secret-value\r\n", "secret-value"],
    ["with escaped line breaks", "one\r\ntwo", "one%0D%0Atwo"],
    ["escaped as in a command", "50%\nmore", "50%AZP25%0Amore"],
  ])("%s", (_form, value, text) => expect(maskUser(value, `<${text}>`)).toBe("<***>"));

  test("the lines of a multi-line value are not masked", () => expect(maskUser("one\ntwo", "one")).toBe("one"));
  test("blank values are ignored", () => expect(maskUser("  ", "a  b")).toBe("a  b"));
});

describe("passwords in URLs", () => {
  test.each([
    ["https://user:pass@host/", "https://user:***@host/"],
    ["https://user:p%40ss%AZP25aa;x@host", "https://user:***@host"],
    ["https://host:8080/path", "https://host:8080/path"],
    ["https://user@host", "https://user@host"],
  ])("%s", (text, masked) => expect(new SecretMasker().mask(text)).toBe(masked));
});
