import { fields, isObject, objects } from "./exchange.ts";
import type { Gate } from "./gate.ts";

/** A job of the workspace. */
export interface JobContent {
  readonly id: string;
  readonly name: string;
  /** Application id of the service principal that created it. */
  readonly owner: string;
  readonly settings: Record<string, unknown>;
}

/** A pipeline of the workspace. */
export interface PipelineContent {
  readonly id: string;
  readonly name: string;
  /** Application id of the service principal that created it. */
  readonly owner: string;
}

const leafTypes = new Set<unknown>(["FILE", "NOTEBOOK"]);

/** The workspace's jobs, oldest first. */
export async function readJobs(gate: Gate): Promise<JobContent[]> {
  const { body } = await gate.read("/api/2.2/jobs/list");
  return objects(fields(body)["jobs"]).map((job) => {
    const settings = isObject(job["settings"]) ? job["settings"] : {};
    const { name } = settings;
    return { id: String(job["job_id"]), name: String(name), owner: String(job["creator_user_name"]), settings };
  });
}

/** The workspace's pipelines, oldest first. */
export async function readPipelines(gate: Gate): Promise<PipelineContent[]> {
  return (await gate.pipelines()).map((pipeline) => ({
    id: String(pipeline["pipeline_id"]),
    name: String(pipeline["name"]),
    owner: String(pipeline["creator_user_name"]),
  }));
}

/** Whether Unity Catalog has a schema, given as `catalog.schema`. */
export async function hasSchema(gate: Gate, fullName: string): Promise<boolean> {
  return (await gate.read(`/api/2.1/unity-catalog/schemas/${fullName}`, 404)).status === 200;
}

/** Every file and notebook below a folder, as its type, a space and its path, sorted. */
export async function readFiles(gate: Gate, folder = "/Workspace"): Promise<string[]> {
  const { body } = await gate.read(`/api/2.0/workspace/list?path=${encodeURIComponent(folder)}`, 404);
  const entries = objects(fields(body)["objects"]).map(({ object_type: type, path }) => ({ type, path: String(path) }));
  const own = entries.filter(({ type }) => leafTypes.has(type)).map(({ type, path }) => `${type} ${path}`);
  const below = entries.filter(({ type }) => type === "DIRECTORY").map(({ path }) => readFiles(gate, path));
  return [...own, ...(await Promise.all(below)).flat()].sort();
}

/** The content of a file or notebook. Throws when there is none. */
export async function readContent(gate: Gate, path: string): Promise<string> {
  const { body } = await gate.read(`/api/2.0/workspace/export?path=${encodeURIComponent(path)}&direct_download=true`);
  return body.toString();
}
