import fc from "fast-check";
import { mutated } from "./mutations.ts";
import { bundles } from "./samples.ts";

/** The files of a bundle as text, by name. */
export type BundleTexts = Readonly<Record<"databricks.yml" | "more.yml" | "last.json", string>>;

/** Forms of one text, all of them YAML. */
function forms(text: string): fc.Arbitrary<string> {
  const escaped = `"${text.replace(/[a-z]/, (letter) => `\\x${letter.charCodeAt(0).toString(16)}`)}"`;
  return fc.constantFrom(text, text, text, JSON.stringify(text), `'${text}'`, escaped, `!!str ${text}`);
}

/** Values that are not text, and values that parsers of YAML read in different ways. */
const odd = fc.constantFrom(
  ..."null ~ Null true True no Yes 'on' 7 007 0x1F 0o17 +5 -0 1.0 1.50 1e3 2026-11-26".split(" "),
  ..."9007199254740993 9876543210987654 012 1:30 [] [x] {} *text *map !own !!int".split(" "),
  ...["", "''", '""', "!!str 5", "!!str", "!own x", "&here x", `"a\\u0020b"`, `\${var.a}`],
);

function value(...usual: readonly [string, ...string[]]): fc.Arbitrary<string> {
  const oneOf = fc.constantFrom(...usual).chain(forms);
  return fc.oneof({ weight: 3, arbitrary: oneOf }, { weight: 1, arbitrary: odd });
}

type Entry = readonly [key: string, value: string];

/** A mapping in one line; a key can come twice, or from a merge. */
function mapping(members: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const entry = fc
    .constantFrom(...Object.keys(members))
    .chain((key) => fc.tuple(forms(key), members[key] ?? fc.constant("")));
  const merge = fc.constantFrom<Entry>(["<<", "*map"], ["<<", "[*map, *other]"], ["<<", "[*other, *map]"]);
  const any: fc.Arbitrary<Entry> = fc.oneof({ weight: 8, arbitrary: entry }, { weight: 1, arbitrary: merge });
  const lines = fc.array(any, { maxLength: 4 });
  return lines.map((entries) => `{${entries.map(([key, text]) => `${key}: ${text}`).join(", ")}}`);
}

const workspace = mapping({
  host: value("https://a.example", "https://b.example"),
  workspace_id: value("7", "1234567890123456"),
  auth_type: value("pat", "azure-cli"),
  azure_client_id: value("1f2e"),
  azure_use_msi: value("true", "false"),
});
const git = mapping({ branch: value("main", "release") });
const target = fc.oneof(
  mapping({ default: value("true", "false", "yes"), workspace, git, bundle: mapping({ git }) }),
  odd,
);
const targets = mapping({ dev: target, prod: target, test: target });
const variable = mapping({ default: value("x"), description: value("y") });
const constraint = value("1.13.0", ">= 99.0.0", "1.11.*");
const name = value("sales", "other");

const sections = {
  bundle: mapping({ name, git, databricks_cli_version: constraint }),
  workspace,
  targets,
  environments: targets,
  variables: mapping({ a: variable, b: variable, "c-d": variable }),
  experimental: fc.oneof(mapping({ scripts: mapping({ preinit: value("true"), prebuild: value("true") }) }), odd),
};

const anchors = [
  "text: &text a text",
  "map: &map {host: https://m.example, name: m, branch: m}",
  "other: &other {host: 1}",
];

const section: fc.Arbitrary<Entry> = fc.oneof(
  ...Object.entries(sections).map(([key, content]) => fc.tuple(forms(key), fc.oneof(content, content, content, odd))),
);
const included = fc.constantFrom(
  "[more.yml]",
  "['*.yml', last.json]",
  "[last.json, more.yml]",
  "&i ['m*.y?l']",
  "*text",
  "",
);

function documentOf(entries: readonly Entry[]): string {
  return [...anchors, ...entries.map(([key, text]) => `${key}: ${text}`), ""].join("\n");
}

/** Sections with everything that makes a reader hesitate. */
const generated: fc.Arbitrary<BundleTexts> = fc
  .record({
    root: fc.array(section, { maxLength: 5 }),
    include: fc.option(included),
    more: fc.array(section, { maxLength: 3 }),
    last: fc.constantFrom(
      "{}",
      '{"bundle": {"git": {"branch": "j"}}}',
      '{"targets": {"dev": {"default": true, "workspace": {"host": "", "azure_use_msi": false}}, "prod": null}}',
      '{"workspace": {"host": "", "azure_use_msi": false}, "targets": {"dev": {"default": false}}}',
      '{"workspace": {"host": "https://j.example"}}',
    ),
  })
  .map(({ root, include, more, last }) => ({
    "databricks.yml": documentOf(include === null ? root : [...root, ["include", include]]),
    "more.yml": documentOf(more),
    "last.json": last,
  }));

const words = [
  "<<: *common\n",
  "---\n",
  "? ",
  "- ",
  ": ",
  "  ",
  "\n",
  "|\n",
  "{",
  "[",
  "default: yes\n",
  "null",
  "!!str ",
  "\t",
];
/** For the CLI's parser, the colon in {a:} and {a:, b} belongs to the key; for YAML, it does not. */
const damagedText = mutated(bundles, words).filter((text) => !/[\w-]:[,[\]{}]/.test(text));
const damaged: fc.Arbitrary<BundleTexts> = fc
  .tuple(damagedText, damagedText)
  .map(([root, more]) => ({ "databricks.yml": root, "more.yml": more, "last.json": "{}" }));

/** The files of bundles that the CLI reads, or refuses. */
export const bundleTexts = fc.oneof({ weight: 3, arbitrary: generated }, { weight: 1, arbitrary: damaged });
