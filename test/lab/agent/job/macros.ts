/**
 * Replaces each `$(name)` for which `lookup` has a value, once: replacements are not expanded again, other macros stay.
 * (agent: VarUtil.ExpandValues)
 */
export function expandMacros(text: string, lookup: (name: string) => string | undefined): string {
  let expanded = text;
  let from = 0;
  while (true) {
    const start = expanded.indexOf("$(", from);
    const end = start < 0 ? -1 : expanded.indexOf(")", start + 2);
    if (end < 0) return expanded;
    const name = expanded.slice(start + 2, end);
    const value = name === "" ? undefined : lookup(name);
    if (value === undefined) {
      from = start + 1;
    } else {
      expanded = expanded.slice(0, start) + value + expanded.slice(end + 1);
      from = start + value.length;
    }
  }
}
