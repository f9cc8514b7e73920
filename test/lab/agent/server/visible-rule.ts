type Comparison = (actual: string, expected: string) => boolean;

const OPERATORS: Record<string, Comparison> = {
  "=": (actual, expected) => actual === expected,
  "==": (actual, expected) => actual === expected,
  "!=": (actual, expected) => actual !== expected,
  contains: (actual, expected) => actual.includes(expected),
  notcontains: (actual, expected) => !actual.includes(expected),
  startswith: (actual, expected) => actual.startsWith(expected),
  notstartswith: (actual, expected) => !actual.startsWith(expected),
  endswith: (actual, expected) => actual.endsWith(expected),
  notendswith: (actual, expected) => !actual.endsWith(expected),
};

/** Evaluates an input's visibleRule: comparisons joined by `&&` or by `||`, as the task format allows (not both). */
export function isVisible(rule: string, inputValue: (input: string) => string): boolean {
  if (rule.includes("&&") && rule.includes("||")) throw new Error(`visibleRule mixes && and ||: ${rule}`);
  const compare = (comparison: string) => evaluate(comparison.trim(), inputValue);
  return rule.includes("||") ? rule.split("||").some(compare) : rule.split("&&").every(compare);
}

function evaluate(comparison: string, inputValue: (input: string) => string): boolean {
  const [, input, operator, expected] = /^(\w+)\s*(==|=|!=|\s\w+\s)\s*(.*)$/.exec(comparison) ?? [];
  const compare = OPERATORS[operator?.trim().toLowerCase() ?? ""];
  if (input === undefined || expected === undefined || compare === undefined) {
    throw new Error(`visibleRule is not understood: ${comparison}`);
  }
  return compare(inputValue(input).toLowerCase(), expected.trim().toLowerCase());
}
