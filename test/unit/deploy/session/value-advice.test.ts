import { describe, expect, it } from "vitest";
import { rememberSecret } from "../../../../tasks/common/pipeline/secrets.ts";
import { valueAdvice } from "../../../../tasks/DatabricksBundleDeploy/session/value-advice.ts";

const adviceFor = (value: string) =>
  valueAdvice("region", value).map((text) => text.replace("The value of the bundle variable region ", ""));

const inQuotes = "is in quotes, which are part of it. Remove them if they are not meant.";
const unreplaced = (text: string) =>
  `contains ${text}, which is not replaced. Write $(name) to use a pipeline variable.`;
const blanks = "begins or ends with blanks, which are part of it. Remove them if they are not meant.";
const comment = "contains a comment, which is part of it. Remove the comment if it is not meant.";
const backslash = "ends with a backslash, which is part of it: a value cannot continue on the next line.";
const mark = (text: string) => `ends with ${text}, which is part of it. Only the end of the line separates variables.`;
const other = (text: string) =>
  `contains ${text}. To set another variable, write it on its own line in the input variables.`;

describe("The advice about a value", () => {
  it.each([
    ['"emea"', [inQuotes]],
    ["'emea'", [inQuotes]],
    ["\u201cemea\u201d", [inQuotes]],
    ["$region", [unreplaced("$region")]],
    ["emea-$REGION", [unreplaced("$REGION")]],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference as a shell knows it
    ["a ${REGION}", [unreplaced("${REGION}")]],
    ["%REGION%", [unreplaced("%REGION%")]],
    ["$env:REGION", [unreplaced("$env:REGION")]],
    ["$[variables.region]", [unreplaced("$[variables.region]")]],
    ["$( region )", [unreplaced("$( region )")]],
    [`\${{ variables.region }}`, [unreplaced(`\${{ variables.region }}`)]],
    ["$(Build.BuildId", [unreplaced("$(Build.BuildId")]],
    ["$region)", [unreplaced("$region)")]],
    ["$((region))", [unreplaced("$((region))")]],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference as a shell knows it
    ["${region:-emea}", [unreplaced("${region:-emea}")]],
    ["$[ ]", [unreplaced("$[ ]")]],
    ['"emea', ["begins with a quotation mark, which is part of it. Remove it if it is not meant."]],
    ["=emea", ["begins with =, which is part of it: the first = is the end of the name."]],
    [">emea", ["begins with >, which is part of it: the first = is the end of the name."]],
    ["emea,", [mark(",")]],
    ["emea;", [mark(";")]],
    ["emea\\n", [mark("\\n")]],
    ["emea%0A", [mark("%0A")]],
    ["emea<br>", [mark("<br>")]],
    [" emea", [blanks]],
    ["emea\t", [blanks]],
    ["emea # comment", [comment]],
    ["emea // comment", [comment]],
    ["emea\\", [backslash]],
    ["emea batc=5", [other("batc=")]],
    [" emea # x", [blanks, comment]],
  ])("names what looks like a mistake in %j", (value, advice) => {
    expect(adviceFor(value)).toEqual(advice);
  });

  it.each([
    "",
    "emea",
    '5"',
    "pa$word",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the bundle
    "${bundle.target}-x",
    "a%20b%C3%A4",
    "https://h/#part",
    "C:\\data",
    "x=1",
    "-----BEGIN KEY-----\nab # c\nx y=\n-----END KEY-----",
  ])("is empty for %j", (value) => {
    expect(adviceFor(value)).toEqual([]);
  });

  it("does not show a part of a secret", () => {
    rememberSecret("one $SECRET_PART two");
    expect(adviceFor("x one $SECRET_PART two")).toEqual([unreplaced("***")]);
    expect(adviceFor("one $SECRET_PART two")).toEqual([]);
  });
});
