import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { windowsAgents } from "../../lab/agents.ts";
import { bundleOf, job } from "../bundles/bundles.ts";
import { newestNode } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

const declared = (more: string) => `variables:\n${more.replace(/^/gm, "  ")}\n`;

/** A bundle whose job has the values of the variables as its description. */
const described = bundleOf(
  "values",
  `${job("a", "A")}\n    description: "\${var.region}|\${var.batch}|\${var.Owner}|\${var.OWNER}"`,
  declared(
    "region:\n  default: none\nbatch:\n  default: one\nOwner:\n  default: mixed\nOWNER:\n  default: upper\nsecret_key:\n  default: none",
  ),
);

describe.each([newestNode])("Values of a bundle, on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);

  /** Deploys; gives the step and the values that the deployed job has. */
  async function deployed(
    inputs: Record<string, string>,
    settings: {
      variables?: Record<string, string | { value: string; secret?: boolean }>;
      env?: Record<string, string>;
    },
  ) {
    const { run } = await checkout(described, { job: { variables: settings.variables ?? {} } });
    const step = await run({ target: "prod", ...inputs }, { env: settings.env ?? {} });
    const [deployedJob] = (await lab.workspace.jobs()).filter(({ name }) => name === "A");
    return { step, values: deployedJob?.settings["description"] };
  }

  it.each([
    "region=emea batch=5",
    "region=emea,batch=5",
    "region=emea;batch=5",
    "region=emea|batch=5",
    "region=emea\\nbatch=5",
  ])("are refused before any sign-in if two variables are on one line: %s", async (variables) => {
    const { run } = await checkout(described);
    const [step, { workspace, entra }] = await requests(() => run({ variables }));
    expect(step.errors).toEqual([
      expect.stringMatching(
        /the value of region contains "batch="\. The two variables are on one line, so batch is not set\.\s+In YAML, write "variables: \|", and below it one name=value per line/,
      ),
    ]);
    expect([...workspace, ...entra]).toEqual([]);
  });

  it.each([
    ['"emea"', /is in quotes, which are part of it/],
    ["\u201cemea\u201d", /is in quotes, which are part of it/],
    ["$X", /contains \$X, which is not replaced\. Write \$\(name\) to use a pipeline variable/],
    ["%XY%", /contains %XY%, which is not replaced/],
    ["$[variables.x]", /contains \$\[variables\.x\], which is not replaced/],
    ["$env:REGION", /contains \$env:REGION, which is not replaced/],
    ["$( x )", /contains \$\( x \), which is not replaced/],
    [" emea", /begins or ends with blanks, which are part of it/],
    ["emea # the region", /contains a comment, which is part of it/],
    ["emea \\", /ends with a backslash, which is part of it/],
    ["emea batc=5", /contains batc=\. To set another variable, write it on its own line/],
  ])("are used with a warning where they look like a mistake: %j", async (value, warning) => {
    const { step, values } = await deployed({ variables: `region=${value}\nbatch=5` }, {});
    expect(values).toBe(`${value}|5|mixed|upper`);
    expect(step.result).toBe("Succeeded");
    expect(step.warnings).toEqual([expect.stringMatching(warning)]);
  });

  it("are printed where they are empty", async () => {
    const { step, values } = await deployed({ variables: "region=\nbatch=5" }, {});
    expect(values).toBe("|5|mixed|upper");
    expect(step.log).toContainEqual("The bundle variable region is set to an empty text.");
  });

  it.each([
    [
      "BUNDLE_VAR_region",
      /^The environment variable BUNDLE_VAR_region: \$\(undefined\) was not replaced, because this job/,
    ],
    ["DATABRICKS_BUNDLE_TARGET", /\nDATABRICKS_BUNDLE_TARGET: \$\(undefined\) was not replaced, because this job/],
  ])(
    "are refused before any sign-in if %s in env of the step has a macro that nothing replaced",
    async (name, error) => {
      const { run } = await checkout(described);
      const [step, { workspace, entra }] = await requests(() =>
        run({ target: "" }, { env: { [name]: "$(undefined)" } }),
      );
      expect(step.errors).toEqual([expect.stringMatching(error)]);
      expect([...workspace, ...entra]).toEqual([]);
    },
  );

  it("come from the job's variables BUNDLE_VAR_<name>, under the names that their authors wrote", async () => {
    const { step, values } = await deployed(
      {},
      { variables: { BUNDLE_VAR_region: "emea", bundle_var_Batch: "5", BUNDLE_VAR_Owner: "sales" } },
    );
    expect(values).toBe("emea|5|sales|upper");
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("come from the input variables where the job and the step set them too", { tags: "windows" }, async () => {
    const { step, values } = await deployed(
      { variables: "region=input\nbatch=input" },
      { variables: { BUNDLE_VAR_region: "job" }, env: { BUNDLE_VAR_batch: "step", BUNDLE_VAR_BATCH: "step" } },
    );
    expect(values).toBe("input|input|mixed|upper");
    expect(step.log).toContainEqual(
      expect.stringContaining('BUNDLE_VAR_region of the job is not used, because the input "variables" sets region'),
    );
  });

  it("come from env of the step, which overrides the job, in upper or lower case", {
    tags: "windows",
  }, async () => {
    const { values } = await deployed(
      {},
      { variables: { BUNDLE_VAR_region: "job" }, env: { BUNDLE_VAR_region: "step", BUNDLE_VAR_BATCH: "5" } },
    );
    // An agent on Windows ignores case, so there the job's variable replaces the step's.
    expect(values).toBe(windowsAgents ? "job|5|mixed|upper" : "step|5|mixed|upper");
  });

  it("of names that differ only in case are kept apart on Linux, and refused on Windows", {
    tags: "windows",
  }, async () => {
    const { step, values } = await deployed({ variables: "Owner=a\nOWNER=b" }, {});
    if (!windowsAgents) expect(values).toBe("none|one|a|b");
    else {
      expect(step.errors).toEqual([
        expect.stringMatching(/The bundle declares Owner and OWNER, which Windows does not tell apart\./),
      ]);
    }
  });

  it("are not guessed for a name that can mean two variables", async () => {
    const { step } = await deployed({}, { variables: { BUNDLE_VAR_owner: "x" } });
    expect(step.errors).toEqual([
      expect.stringMatching(/BUNDLE_VAR_owner of the job can mean Owner or OWNER, which the bundle declares/),
    ]);
  });

  it("do not come from a secret variable of the job unless the input names it", async () => {
    const variables = { BUNDLE_VAR_region: { value: "hidden-region", secret: true } };
    const first = await deployed({}, { variables });
    expect(first.values).toBe("none|one|mixed|upper");
    expect(first.step.warnings).toEqual([
      expect.stringContaining('add the line region=$(BUNDLE_VAR_region) to the input "variables"'),
    ]);
    const second = await deployed({ variables: "region=$(BUNDLE_VAR_region)" }, { variables });
    expect(second.values).toBe("hidden-region|one|mixed|upper");
    expect(second.step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(second.step.text).not.toContain("is not used");
  });

  it("come from variable-overrides.json if they are complex, as the error advises", async () => {
    const complex = bundleOf(
      "complex",
      `${job("c", "C")}\n    tags: \${var.tags}`,
      declared("tags:\n  type: complex\n  default:\n    team: none"),
    );
    const { run, folder } = await checkout(complex);
    const refused = await run({ variables: 'tags={"team": "sales"}', target: "prod" });
    expect(refused.errors).toEqual([
      expect.stringMatching(
        /variable tags is a complex variable.*can contain only text\.\s+Write \{"tags": …\} to \.databricks\/bundle\/<target>\/variable-overrides\.json/,
      ),
    ]);
    const overrides = path.join(folder, ".databricks", "bundle", "prod", "variable-overrides.json");
    fs.mkdirSync(path.dirname(overrides), { recursive: true });
    fs.writeFileSync(overrides, JSON.stringify({ tags: { team: "sales" } }));
    expect((await run({ target: "prod" })).result).toBe("Succeeded");
    const [deployedJob] = (await lab.workspace.jobs()).filter(({ name }) => name === "C");
    expect(deployedJob?.settings["tags"]).toEqual({ team: "sales" });
    fs.writeFileSync(overrides, JSON.stringify({ tagz: { team: "sales" } }));
    expect((await run({ target: "prod" })).errors).toEqual([
      expect.stringMatching(/variable-overrides\.json sets tagz, which the bundle does not declare\. .*: tags\./),
    ]);
  });

  it("are requested in the input variables if a variable has none", async () => {
    const { run } = await checkout(bundleOf("required", `${job("r", "R")}`, declared("owner:\n  description: Owner")));
    const step = await run({ target: "prod" });
    expect(step.errors).toEqual([
      expect.stringMatching(/variable owner has no value\.\s+Set it in the input variables, one owner=value per line/),
    ]);
    expect(
      step.text
        .split("\n")
        .filter((line) => line.startsWith("##[error]"))
        .join(),
    ).not.toContain("--var");
  });
});

describe.each([newestNode])("The target of a step, on $name", ({ path: node }) => {
  const { checkout } = useLab(node);
  const bundle = bundleOf("target", job("t", "T"));
  const names = ["DATABRICKS_BUNDLE_TARGET", "DATABRICKS_BUNDLE_ENV"];

  it.each(names)("comes from %s of the job or of the step where the input is empty", async (name) => {
    const ofJob = await checkout(bundle, { job: { variables: { [name]: "prod" } } });
    const first = await ofJob.run({ target: "", command: "validate" });
    expect(first).toMatchObject({ result: "Succeeded", outputs: { target: "prod" }, issues: [] });
    expect(first.text).toContain(`Target: prod (from the variable ${name}, because the input target is empty)`);
    expect(first.text).not.toContain("Not passed to the CLI");
    const ofStep = await checkout(bundle);
    const second = await ofStep.run({ target: "" }, { env: { [name]: "prod" } });
    expect(second).toMatchObject({ result: "Succeeded", outputs: { target: "prod" } });
    const given = await ofStep.run({ target: "dev" }, { env: { [name]: "prod" } });
    expect(given).toMatchObject({ result: "Succeeded", outputs: { target: "dev" } });
    expect(given.text).toContain(`Not passed to the CLI, because the step already has a target: ${name}.`);
  });

  it("is the bundle's default if nothing names one, which is printed", async () => {
    const { run } = await checkout(bundle);
    const step = await run({ target: "", command: "validate" });
    expect(step.outputs).toMatchObject({ target: "dev" });
    expect(step.log).toContainEqual("Target: the bundle's default target, because the input target is empty");
  });
});

describe.each([newestNode])("An input without an effect, on $name", ({ path: node }) => {
  const { checkout, requests } = useLab(node);

  it.each([
    { command: "destroy", autoApprove: "true", failOnActiveRuns: "true" },
    { command: "validate", forceLock: "true" },
    { command: "plan", run: "nightly" },
    { databricksClientId: "5ac4d2d1-9d59-4f5f-8e0a-3c1d6f3b2a10" },
    { arguments: "bundle deploy" },
  ])("is refused before any request: %j", async (inputs) => {
    const { run } = await checkout();
    const [step, { workspace, entra }] = await requests(() => run(inputs));
    expect(step.result).toBe("Failed");
    expect(step.errors).toEqual([
      expect.stringMatching(/has an effect only with command: |only with authentication: |"bundle" is not an option\./),
    ]);
    expect([...workspace, ...entra]).toEqual([]);
  });
});
