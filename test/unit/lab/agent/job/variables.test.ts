import { describe, expect, test } from "vitest";
import { SecretMasker } from "../../../../lab/agent/job/masker.ts";
import { environmentName, Variables } from "../../../../lab/agent/job/variables.ts";

describe("variables", () => {
  function variablesOf(values: Record<string, string>): { variables: Variables; masker: SecretMasker } {
    const masker = new SecretMasker();
    const variables = new Variables(masker);
    for (const [name, value] of Object.entries(values)) variables.set(name, value);
    return { variables, masker };
  }

  test("variables refer to each other, at any depth", () => {
    const { variables } = variablesOf({ a: "<$(B)>", b: "$(c)$(c)", c: "x" });
    expect(variables.recalculate()).toEqual([]);
    expect(variables.get("A")).toBe("<xx>");
  });

  test("a cycle of references leaves the values and gives warnings", () => {
    const { variables } = variablesOf({ a: "$(b)", b: "$(a)" });
    expect(variables.recalculate()).toEqual([
      "Unable to expand variable 'a'. A cyclical reference was detected.",
      "Unable to expand variable 'b'. A cyclical reference was detected.",
    ]);
    expect(variables.get("a")).toBe("$(b)");
  });

  test("a variable that refers to a secret becomes secret and is masked", () => {
    const { variables, masker } = variablesOf({ url: "https://x/$(key)" });
    variables.set("key", "k-123", { secret: true });
    variables.recalculate();
    expect(variables.isSecret("url")).toBe(true);
    expect(masker.mask("see https://x/k-123")).toBe("see ***");
  });

  test("a variable that was secret once stays secret", () => {
    const { variables } = variablesOf({});
    variables.set("key", "one", { secret: true });
    variables.set("KEY", "two");
    expect(variables.isSecret("key")).toBe(true);
  });

  test("environment names change dots, spaces and case only", () => {
    expect(environmentName("my.var name-x")).toBe("MY_VAR_NAME-X");
    expect(environmentName("my.var", true)).toBe("my_var");
  });
});
