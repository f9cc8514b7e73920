import fs from "node:fs";
import { describe, expect, it } from "vitest";
import type { Job } from "../../lab/agent/agent.ts";
import { createClientCertificate } from "../../lab/certificates.ts";
import { bundleOf, job as jobOf } from "../bundles/bundles.ts";
import { findLeaks, type Secret, stepTraces, type Trace } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import type { Step } from "../steps/step.ts";
import { useLab } from "../use-lab.ts";

/** The lines of a PEM file, each of which would be a leak. */
function linesOf(pem: string): Secret[] {
  const lines = pem.split("\n").filter((line) => line.length > 5 && !line.startsWith("-----"));
  return lines.map((value, index) => ({ name: `line ${index + 1}`, value }));
}

/** What people and later steps see: not what the task printed before the agent masked it. */
function shown(step: Step, job: Job): Trace[] {
  const traces = stepTraces(step, job).filter(({ where }) => where !== "output");
  const files = ["summaryPath", "planPath"].flatMap((name) => step.outputs[name] ?? []);
  return [...traces, ...files.map((file) => ({ where: file, text: fs.readFileSync(file, "utf8") }))];
}

const withKey = (more = "") => bundleOf("keyed", jobOf("a", `"Job of \${var.key}"`), `variables:\n  key: {}\n${more}`);

describe.each(taskNodes)("A secret of several lines on $name", ({ path: node }) => {
  const { checkout } = useLab(node);

  async function checkoutWithKey(more?: string) {
    const pem = await createClientCertificate();
    const variables = { pem: { value: pem, secret: true }, "system.debug": { value: "true" } };
    return { ...(await checkout(withKey(more), { job: { variables } })), lines: linesOf(pem) };
  }

  it.each(["variables", "run", "arguments", "target", "workspaceUrl", "workingDirectory", "plan", "command"])(
    "stays hidden when it is refused in the input %s",
    async (name) => {
      const { run, job, lines } = await checkoutWithKey();
      const step = await run({ [name]: name === "variables" ? "key=$(pem)" : "$(pem)" });
      expect(step.result, step.text).toBe("Failed");
      expect(findLeaks(lines, shown(step, job))).toEqual([]);
    },
  );

  it("is refused in variables with the way to pass it", async () => {
    const { run } = await checkoutWithKey();
    const step = await run({ variables: "key=$(pem)" });
    expect(step.errors).toEqual([
      expect.stringContaining("variables: a secret of several lines cannot be a value here"),
    ]);
    expect(step.errors[0]).toContain("In env of this step, set BUNDLE_VAR_<name>");
  });

  it("reaches the bundle through env, and stays hidden in log, page and files, although the CLI repeats it", async () => {
    const { run, job, lines } = await checkoutWithKey(
      `experimental:\n  scripts:\n    postinit: printf '%s\\n' "$BUNDLE_VAR_key"\n`,
    );
    const env = { BUNDLE_VAR_key: "$(pem)" };
    const plan = await run({ command: "plan" }, { env });
    expect(plan.result, plan.text).toBe("Succeeded");
    expect(findLeaks(lines, shown(plan, job))).toEqual([]);
    const step = await run({}, { env });
    expect(step.result, step.text).toBe("Succeeded");
    expect(step.text).toContain("-----BEGIN PRIVATE KEY-----");
    expect(step.page).toContain("Job of");
    expect(findLeaks(lines, shown(step, job))).toEqual([]);
  });

  it("stays hidden in an error of the CLI that repeats it", async () => {
    const { run, job, lines } = await checkoutWithKey(
      `experimental:\n  scripts:\n    postinit: 'printf "Error: bad %s\\n\\n" "$BUNDLE_VAR_key" >&2; exit 1'\n`,
    );
    const step = await run({}, { env: { BUNDLE_VAR_key: "$(pem)" } });
    expect(step.result).toBe("Failed");
    expect(step.text).toContain("Error: bad -----BEGIN");
    expect(findLeaks(lines, shown(step, job))).toEqual([]);
  });
});

describe.each(taskNodes)("A secret of one line on $name", ({ path: node }) => {
  const { checkout } = useLab(node);
  const phrase = "correct horse battery staple nectarine";

  function checkoutWithPhrase(more?: string) {
    const variables = { phrase: { value: phrase, secret: true } };
    return checkout(bundleOf("phrased", jobOf("a", "A"), more), { job: { variables } });
  }

  it.each(["arguments", "run", "variables"])(
    "is not quoted in part when it is refused in the input %s",
    async (name) => {
      const { run } = await checkoutWithPhrase();
      const step = await run({ [name]: "$(phrase)" });
      expect(step.result).toBe("Failed");
      for (const part of phrase.split(" ")) expect(step.text).not.toContain(part);
    },
  );

  it("is not cut in two in a line of more than 64 KB", async () => {
    const { folder, run } = await checkoutWithPhrase(`experimental:\n  scripts:\n    postinit: cat long.txt\n`);
    const places = Array.from({ length: 40 }, (_, index) => `${"x".repeat(65_536 - index)}${phrase}`);
    fs.writeFileSync(`${folder}/long.txt`, `${places.join("\n")}\n${places.join("")}\n`);
    const step = await run();
    expect(step.result, step.text.slice(0, 2000)).toBe("Succeeded");
    expect(step.text).toContain("x***");
    for (const part of phrase.split(" ")) expect(step.text).not.toContain(part);
  });

  it("stays hidden in the encodings of the CLI: in paths, queries and JSON", async () => {
    const value = "p@ss w rd%+sv=2024&sig=a<b>tail99";
    const bundle = bundleOf("encoded", jobOf("a", `"Job of \${var.key}"`), "variables:\n  key: {}\n");
    const root = bundle["databricks.yml"]?.replace(
      "mode: production",
      `mode: production\n    workspace:\n      root_path: /Workspace/Users/\${workspace.current_user.userName}/\${var.key}`,
    );
    const variables = { signed: { value, secret: true } };
    const { run, job } = await checkout({ ...bundle, "databricks.yml": root ?? "" }, { job: { variables } });
    const step = await run({ target: "prod", variables: "key=$(signed)", arguments: "--debug" });
    expect(step.text).toContain("***");
    const parts = ["p@ss", "p%40ss", "tail99"].map((text) => ({ name: text, value: text }));
    expect(findLeaks(parts, shown(step, job))).toEqual([]);
  });
});
