import type { JobVariables } from "../types.ts";
import { expandMacros } from "./macros.ts";
import type { SecretMasker } from "./masker.ts";

const maxDepth = 50;

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly secret: boolean;
  readonly readOnly: boolean;
  /** The environment variable keeps the name's case. */
  readonly preserveCase: boolean;
}

export type VariableFlags = Partial<Pick<Variable, "secret" | "readOnly" | "preserveCase">>;

/** A job's variables: a case-insensitive store whose values may refer to each other by `$(name)`. */
export class Variables implements JobVariables {
  readonly #masker: SecretMasker;
  readonly #raw = new Map<string, Variable>();
  #expanded = new Map<string, Variable>();

  constructor(masker: SecretMasker) {
    this.#masker = masker;
  }

  get(name: string): string | undefined {
    return this.#expanded.get(name.toLowerCase())?.value;
  }

  isSecret(name: string): boolean {
    return this.#expanded.get(name.toLowerCase())?.secret ?? false;
  }

  isReadOnly(name: string): boolean {
    return this.#expanded.get(name.toLowerCase())?.readOnly ?? false;
  }

  names(): string[] {
    return this.all().map((variable) => variable.name);
  }

  all(): Variable[] {
    return [...this.#expanded.values()];
  }

  /** Sets a variable and registers a secret. What was secret once stays secret. */
  set(name: string, value: string, flags: VariableFlags = {}): void {
    const secret = flags.secret === true || this.isSecret(name);
    if (secret) this.#masker.addValue(value);
    const { readOnly = false, preserveCase = false } = flags;
    const variable: Variable = { name, value, secret, readOnly, preserveCase };
    this.#raw.set(name.toLowerCase(), variable);
    this.#expanded.set(name.toLowerCase(), variable);
  }

  delete(name: string): void {
    this.#raw.delete(name.toLowerCase());
    this.#expanded.delete(name.toLowerCase());
  }

  /** Replaces `$(name)` in a text by current values. */
  expand(text: string): string {
    return expandMacros(text, (name) => this.get(name));
  }

  /** Resolves references between variables, before each step. Gives a warning for each that cannot be resolved. */
  recalculate(): string[] {
    const warnings: string[] = [];
    const expanded = new Map(this.#raw);
    for (const [key, variable] of this.#raw) {
      const resolved = this.#resolve(key, []);
      if (typeof resolved === "string") warnings.push(`Unable to expand variable '${variable.name}'. ${resolved}`);
      else if (resolved.value !== variable.value) {
        if (resolved.secret) this.#masker.addValue(resolved.value);
        expanded.set(key, { ...variable, ...resolved });
      }
    }
    this.#expanded = expanded;
    return warnings;
  }

  /** A value with its references resolved, or why that is not possible. */
  #resolve(key: string, parents: readonly string[]): { value: string; secret: boolean } | string {
    const variable = this.#raw.get(key);
    if (variable === undefined) return "It is not defined.";
    let secret = variable.secret;
    let failure: string | undefined;
    const chain = [...parents, key];
    const value = expandMacros(variable.value, (name) => {
      const nestedKey = name.toLowerCase();
      if (failure !== undefined || !this.#raw.has(nestedKey)) return undefined;
      const nested = chainFailure(chain, nestedKey) ?? this.#resolve(nestedKey, chain);
      if (typeof nested === "string") {
        failure = nested;
        return undefined;
      }
      secret ||= nested.secret;
      return nested.value;
    });
    return failure ?? { value, secret };
  }
}

function chainFailure(chain: readonly string[], key: string): string | undefined {
  if (chain.length >= maxDepth) return `The max expansion depth (${maxDepth}) was exceeded.`;
  return chain.includes(key) ? "A cyclical reference was detected." : undefined;
}

/** The environment variable's name for a variable: `my.name x` becomes `MY_NAME_X`, nothing else is replaced. */
export function environmentName(name: string, preserveCase = false): string {
  const replaced = name.replaceAll(".", "_").replaceAll(" ", "_");
  return preserveCase ? replaced : replaced.toUpperCase();
}
