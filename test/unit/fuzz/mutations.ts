import fc from "fast-check";

/** No text of these tests is longer. */
const longest = 64 * 1024;

/** What separates, ends or begins something for one of the readers, or has a meaning in Markdown, a log or a regular expression. */
const words = [
  ..."\n \t \r \r\n \u2028 \u0085 \u00a0 \ufeff \u202e \u200b \u001b[31m \0".split(" "),
  ..."\" ' ` \\ / | ; , : = . .. ... # % & * + - -- $ @ ! ~ ( ) [ ] { } < > ]] )) }} {{ [[ ((".split(" "),
  ..."0 -1 1e999 99999999999999999999 true null NaN __proto__ constructor toString ${ $(a) $$(a) %0A %AZP25".split(" "),
  ..."##vso[task.complete] ##vso[ ##[ ##[error] vso[ é 𝕏 \ud800".split(" "),
  " ",
];

const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
);

/** Where an edit begins and how much it covers, in ten-thousandths of the text. */
const place = fc.record({ at: fc.nat(9_999), length: fc.oneof(fc.nat(200), fc.nat(9_999)) });

type Edit = (text: string) => string;

function editsWith(inserted: fc.Arbitrary<string>): fc.Arbitrary<Edit> {
  const edit = (change: (before: string, piece: string, after: string) => string) =>
    place.map(({ at, length }): Edit => {
      return (text) => {
        const start = Math.floor((text.length * at) / 10_000);
        const end = Math.min(text.length, start + Math.ceil((text.length * length) / 10_000));
        return change(text.slice(0, start), text.slice(start, end), text.slice(end));
      };
    });
  return fc.oneof(
    edit((before, _, after) => before + after),
    edit((before, piece, after) => before + piece + piece + after),
    edit((before, _, after) => before + after + before),
    inserted.chain((one) => edit((before, piece, after) => before + one + piece + after)),
    inserted.chain((one) => edit((before, _, after) => before + one + after)),
    inserted.chain((one) => edit((before, piece, after) => before + piece + one + after)),
  );
}

/** Samples with some places changed. `more` are words that matter to their reader. */
export function mutated(samples: readonly string[], more: readonly string[] = []): fc.Arbitrary<string> {
  const inserted = more.length === 0 ? word : fc.oneof(word, fc.constantFrom(...more));
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(editsWith(inserted), { maxLength: 4 }))
    .map(([sample, edits]) => edits.reduce((text, edit) => edit(text).slice(0, longest), sample));
}

/** A beginning, then one piece again and again, then another end: what makes a regular expression slow. */
export function repeated(samples: readonly string[], more: readonly string[] = []): fc.Arbitrary<string> {
  const piece = fc.oneof(mutated(samples, more), fc.constantFrom(...samples, ...more), word).map((text) => text || "a");
  return fc
    .record({
      start: mutated(samples, more),
      piece: fc.tuple(piece, fc.nat(9_999), fc.integer({ min: 1, max: 80 })).map(([text, at, length]) => {
        const from = Math.floor((text.length * at) / 10_000);
        return text.slice(from, from + length) || "a";
      }),
      end: fc.oneof(word, mutated(samples, more)),
    })
    .map(({ start, piece, end }) => {
      const room = Math.max(0, longest - start.length - end.length);
      return (start + piece.repeat(Math.floor(room / piece.length)) + end).slice(0, longest);
    });
}

/** Mutated samples, and sometimes long ones. */
export function texts(samples: readonly string[], more: readonly string[] = []): fc.Arbitrary<string> {
  return fc.oneof({ weight: 5, arbitrary: mutated(samples, more) }, { weight: 1, arbitrary: repeated(samples, more) });
}

/** Mutated samples of bytes. */
export function bytes(samples: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const byte = fc.constantFrom("\0", "\xff", "\x7f", "\xff\xff\xff\xff", "\0\0\0\0", "PK\x01\x02", "PK\x05\x06");
  return mutated(
    samples.map((sample) => sample.toString("latin1")),
    ["\0", "\xff"],
  ).chain((text) =>
    fc.array(fc.tuple(fc.nat(9_999), byte), { maxLength: 3 }).map((changes) => {
      const content = Buffer.from(text, "latin1");
      for (const [at, value] of changes) content.write(value, Math.floor((content.length * at) / 10_000), "latin1");
      return content;
    }),
  );
}

/** The stack of JavaScript ends at some thousand. */
const deepest = 9_000;
const odd = [
  ..."null true 0 -1 1.5 1e999 -1e999 9007199254740993".split(" "),
  ...'"" "x" [] {} [[]] [null] "\\ud800" "\\u0000" "##vso[task.complete]" "a\\nb"'.split(" "),
  ...'{"toString":1,"valueOf":1} {"__proto__":{"a":1}} {"constructor":1} {"length":-1} {"then":1}'.split(" "),
  `${"[".repeat(deepest)}1${"]".repeat(deepest)}`,
  `${'{"a":'.repeat(deepest)}1${"}".repeat(deepest)}`,
];

/** JSON samples with some values replaced by values of other types, or with their text mutated. */
export function jsonTexts(samples: readonly string[]): fc.Arbitrary<string> {
  const replaced = fc
    .tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(9_999), fc.constantFrom(...odd)), { maxLength: 3 }))
    .map(([sample, changes]) => changes.reduce((text, [at, value]) => replaceValue(text, at, value), sample));
  return fc.oneof({ weight: 3, arbitrary: replaced }, { weight: 2, arbitrary: texts(samples) });
}

/** Replaces one value of a JSON text, counted in ten-thousandths of all its values, by a text. */
function replaceValue(text: string, at: number, replacement: string): string {
  const values = [
    ...text.matchAll(/(?<=[:[,]\s*)("(?:[^"\\]|\\.)*"(?!\s*:)|[\d.eE+-]+|true|false|null|\{[^{}]*\}|\[[^[\]]*\])/g),
  ];
  const match = values[Math.floor((values.length * at) / 10_000)];
  if (match === undefined || text.length > longest) return text;
  return text.slice(0, match.index) + replacement + text.slice(match.index + match[0].length);
}
