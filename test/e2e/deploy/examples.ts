import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

export interface ExampleStep {
  readonly task?: string;
  readonly bash?: string;
  readonly script?: string;
  readonly workingDirectory?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly displayName?: string;
  readonly inputs?: Readonly<Record<string, string | boolean | number>>;
  /** A file to publish as `artifact`. */
  readonly publish?: string;
  readonly download?: string;
  readonly artifact?: string;
}

type Values = Readonly<Record<string, string | number>>;

interface PipelineJob {
  readonly job?: string;
  readonly deployment?: string;
  readonly steps?: readonly ExampleStep[];
  /** By name, or as a list, whose variable groups have no values here. */
  readonly variables?: Values | readonly object[];
  readonly strategy?: {
    readonly matrix?: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly runOnce?: { readonly deploy: { readonly steps: readonly ExampleStep[] } };
  };
}

export interface ExamplePipeline extends PipelineJob {
  readonly parameters?: readonly { readonly name: string; readonly default: readonly string[] }[];
  readonly stages?: readonly { readonly stage: string; readonly jobs: readonly PipelineJob[] }[];
  readonly jobs?: readonly PipelineJob[];
}

export interface Example {
  /** The heading above it. */
  readonly title: string;
  readonly pipeline: ExamplePipeline;
}

/** A job of a pipeline. */
export interface ExampleJob {
  readonly stage: string;
  readonly name: string;
  readonly steps: readonly ExampleStep[];
  readonly variables: Readonly<Record<string, string>>;
  /** What the names of its outputs begin with; a deployment job's with its own name. */
  readonly outputPrefix: string;
}

/** A block of code of a page, with the heading above it. */
interface Block {
  readonly title: string;
  readonly language: string;
  readonly text: string;
}

function blocksOf(page: string): Block[] {
  const markdown = fs.readFileSync(path.join(root, "docs", page), "utf8");
  return markdown.split(/^##+ /m).flatMap((section) =>
    [...section.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```/gm)].map(([, indent = "", language = "", text = ""]) => ({
      title: section.split("\n", 1)[0]?.replaceAll("`", "") ?? "",
      language,
      text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    })),
  );
}

/** The YAML of a page: pipelines, and parts of bundles. */
export function yamlBlocks(page: string): { title: string; text: string; content: Record<string, unknown> }[] {
  return blocksOf(page).flatMap(({ title, language, text }) =>
    language === "yaml" ? [{ title, text, content: parse(text) as Record<string, unknown> }] : [],
  );
}

/** The pipelines of a page; what a pipeline extends is in its place. */
export function examplePipelines(page = "examples.md"): Example[] {
  return yamlBlocks(page).flatMap(({ title, content }) => {
    if ("extends" in content) return [{ title, pipeline: extended(page, title, content) }];
    const isTemplate = "parameters" in content && !("trigger" in content);
    const isPipeline = ["steps", "jobs", "stages"].some((key) => key in content);
    return isPipeline && !isTemplate ? [{ title, pipeline: withEachStep(content as ExamplePipeline) }] : [];
  });
}

/** The template of the same section with the parameters of a pipeline, or else their defaults. */
function extended(page: string, title: string, pipeline: Record<string, unknown>): ExamplePipeline {
  const { parameters } = pipeline["extends"] as { parameters: Record<string, string> };
  const template = yamlBlocks(page).find((block) => block.title === title && "parameters" in block.content);
  if (!template) throw new Error(`${page} does not show the template of ${title}.`);
  const declared = template.content["parameters"] as { name: string; default?: string; values?: string[] }[];
  const unknown = Object.keys(parameters).filter((name) => !declared.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`The template of ${title} does not have ${unknown.join(", ")}.`);
  const values = declared.map(({ name, default: otherwise, values }) => {
    const value = parameters[name] ?? otherwise;
    if (value === undefined || (values && !values.includes(value))) throw new Error(`${title}: ${name} is ${value}.`);
    return [name, value] as const;
  });
  const filled = values.reduce(
    (text, [name, value]) => text.replaceAll(`\${{ parameters.${name} }}`, value),
    template.text,
  );
  return parse(filled) as ExamplePipeline;
}

/** What an example shows in addition to its pipeline: files by their path, and parts of the bundle's root file. */
export function exampleFiles(title: string): { files: Record<string, string>; bundle: Record<string, unknown>[] } {
  const named = blocksOf("examples.md").flatMap((block) => {
    const [, file] = /^# (?:in )?(\S+\/\S+)\n/.exec(block.text) ?? [];
    return block.title === title && file ? [{ file, text: block.text }] : [];
  });
  const isRoot = ({ file }: { file: string }) => file === "bundle/databricks.yml";
  return {
    files: Object.fromEntries(named.filter((one) => !isRoot(one)).map(({ file, text }) => [file, text])),
    bundle: named.filter(isRoot).map(({ text }) => parse(text) as Record<string, unknown>),
  };
}

/** The text between the fences of the Bash block of a section. */
export function bashBlock(title: string): string {
  return blocksOf("examples.md").find((block) => block.title === title && block.language === "bash")?.text ?? "";
}

/** The pipeline's jobs, in order. A matrix becomes one job for each leg, with its variables. */
export function jobsOf(pipeline: ExamplePipeline): ExampleJob[] {
  const stages = pipeline.stages ?? [{ stage: "", jobs: pipeline.jobs ?? [pipeline] }];
  return stages.flatMap(({ stage, jobs }) =>
    jobs.flatMap(({ job, deployment, steps, strategy, variables }) => {
      const legs = Object.values(strategy?.matrix ?? { only: {} });
      const common = Object.entries({ ...namedValues(pipeline.variables), ...namedValues(variables) });
      const own = Object.fromEntries(common.map(([name, value]) => [name, String(value)]));
      return legs.map((leg) => ({
        stage,
        name: job ?? deployment ?? "",
        steps: steps ?? strategy?.runOnce?.deploy.steps ?? [],
        variables: { ...own, ...leg },
        outputPrefix: deployment ? `${deployment}.` : "",
      }));
    }),
  );
}

/** Variables that are written as a map. A list can name a variable group, whose values a pipeline does not contain. */
function namedValues(variables: ExamplePipeline["variables"] | undefined): Record<string, unknown> {
  return variables === undefined || Array.isArray(variables) ? {} : (variables as Record<string, unknown>);
}

/** A pipeline with the steps that `${{ each name in parameters.list }}` writes, as Azure Pipelines expands them. */
export function withEachStep<Pipeline extends ExamplePipeline>(pipeline: Pipeline): Pipeline {
  const { steps, parameters = [] } = pipeline;
  if (steps === undefined) return pipeline;
  const expanded = steps.flatMap((step) => {
    const [[key = "", value] = []] = Object.entries(step);
    const [, name, list] = /^\$\{\{ each (\w+) in parameters\.(\w+) \}\}$/.exec(key) ?? [];
    if (name === undefined) return [step];
    const items = parameters.find((parameter) => parameter.name === list)?.default ?? [];
    return items.flatMap(
      (item) => JSON.parse(JSON.stringify(value).replaceAll(`\${{ ${name} }}`, item)) as ExampleStep[],
    );
  });
  return { ...pipeline, steps: expanded };
}

export function stepsOf(pipeline: ExamplePipeline): ExampleStep[] {
  return jobsOf(pipeline).flatMap(({ steps }) => steps);
}
