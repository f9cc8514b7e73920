import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

export interface ExampleStep {
  readonly task?: string;
  readonly name?: string;
  readonly displayName?: string;
  readonly inputs?: Readonly<Record<string, string | boolean | number>>;
  /** A file to publish as `artifact`. */
  readonly publish?: string;
  readonly download?: string;
  readonly artifact?: string;
}

interface ExampleJob {
  readonly steps?: readonly ExampleStep[];
  readonly variables?: Readonly<Record<string, string | number>>;
  readonly strategy?: {
    readonly matrix?: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly runOnce?: { readonly deploy: { readonly steps: readonly ExampleStep[] } };
  };
}

export interface ExamplePipeline extends ExampleJob {
  readonly parameters?: readonly { readonly name: string; readonly default: readonly string[] }[];
  readonly stages?: readonly { readonly jobs: readonly ExampleJob[] }[];
}

export interface Example {
  /** The heading above it. */
  readonly title: string;
  readonly pipeline: ExamplePipeline;
}

/** Every YAML block of docs/examples.md, with the heading above it. */
function yamlBlocks(): { title: string; content: Record<string, unknown> }[] {
  const page = fs.readFileSync(path.join(root, "docs", "examples.md"), "utf8");
  return page.split(/^## /m).flatMap((section) =>
    [...section.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => ({
      title: section.split("\n", 1)[0] ?? "",
      content: parse(text) as Record<string, unknown>,
    })),
  );
}

export function examplePipelines(): Example[] {
  return yamlBlocks().flatMap(({ title, content }) =>
    "steps" in content || "stages" in content ? [{ title, pipeline: withEachStep(content) }] : [],
  );
}

/** The part of a bundle that an example shows in addition to its pipeline. */
export function exampleBundlePart(title: string): Record<string, unknown> | undefined {
  return yamlBlocks().find((block) => block.title === title && "targets" in block.content)?.content;
}

/** The pipeline's jobs, in order. A matrix becomes one job for each leg, with its variables. */
export function jobsOf(
  pipeline: ExamplePipeline,
): { steps: readonly ExampleStep[]; variables: Record<string, string> }[] {
  const jobs = pipeline.stages?.flatMap((stage) => stage.jobs) ?? [pipeline];
  return jobs.flatMap(({ steps, strategy, variables }) => {
    const legs = Object.values(strategy?.matrix ?? { only: {} });
    const common = Object.entries(variables ?? {}).map(([name, value]) => [name, String(value)] as const);
    return legs.map((leg) => ({
      steps: steps ?? strategy?.runOnce?.deploy.steps ?? [],
      variables: { ...Object.fromEntries(common), ...leg },
    }));
  });
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
