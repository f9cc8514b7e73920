import { describe, expect, it } from "vitest";
import { findLeaks, issuedTokens } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

describe.each(taskNodes)("Tokens of a deploy on $name", ({ path: node }) => {
  const { lab, deploy } = useLab(node);

  it("are in no command line, environment, file, log, summary or variable", async () => {
    const { result, traces } = await deploy();
    expect(result).toBe("Succeeded");
    const places = traces.map(({ where }) => where);
    expect(places).toContainEqual(expect.stringMatching(/^environment of .*databricks bundle deploy/));
    expect(places).toContainEqual(expect.stringMatching(/^file .*databrickscfg$/));

    const tokens = issuedTokens(lab);
    expect(new Set(tokens.map(({ name }) => name))).toEqual(new Set(["job access token", "ID token", "access token"]));
    expect(findLeaks(tokens, traces)).toEqual([]);
  });
});
