import { isGuid, organizationOf } from "../../pipeline/collection.ts";
import { parsedMembers, textOf } from "../../pipeline/json.ts";
import { type PipelineJob, pageOfJob } from "../../pipeline/pipeline-run.ts";
import { shorten } from "../../pipeline/secrets.ts";
import { preciseTime } from "../../pipeline/time.ts";
import { isMissing, type WorkspaceConnection } from "./call.ts";
import { workspaceService } from "./client.ts";
import { deleteWorkspaceFile, readWorkspaceFile, writeWorkspaceFile } from "./files.ts";

/** What a step writes beside the state while it may hold the deployment's lock: the job to which the lock then belongs. */
export interface LockNote {
  /** Of the note's file. */
  readonly name: string;
  readonly command: string;
  readonly job: PipelineJob;
  /** As the lock names it. */
  readonly user: string;
  /** Milliseconds since the epoch, by the clock of the machine that also dates the lock. */
  readonly startedAt: number;
  /** undefined until the step has read its lock. */
  readonly lockId: string | undefined;
}

const version = 1;
const namePattern = /^azure-pipelines\.run-[\w-]+\.json$/;
/** Of more notes, the rest is not read: each belongs to a step that did not end. */
const mostNotes = 50;

export function lockNoteName(id: string): string {
  return `azure-pipelines.run-${id}.json`;
}

/** Writes a note. Returns false if there is no folder for the state yet. */
export async function writeLockNote(
  workspace: WorkspaceConnection,
  statePath: string,
  note: LockNote,
): Promise<boolean> {
  try {
    await writeWorkspaceFile(workspace, `${statePath}/${note.name}`, textOfNote(note));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Removes a note, if it is there. */
export async function deleteLockNote(workspace: WorkspaceConnection, statePath: string, name: string): Promise<void> {
  await deleteWorkspaceFile(workspace, `${statePath}/${name}`);
}

/** The notes beside the state, without those that cannot be read. Their content may come from anybody who can write there. */
export async function readLockNotes(workspace: WorkspaceConnection, statePath: string): Promise<LockNote[]> {
  const service = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  const names: string[] = [];
  for await (const { path = "" } of service.list({ path: statePath })) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (namePattern.test(name) && names.length < mostNotes) names.push(name);
  }
  const texts = names.map(async (name) => {
    const text = await readWorkspaceFile(workspace, `${statePath}/${name}`);
    return text === undefined ? undefined : parseNote(name, text);
  });
  return (await Promise.all(texts)).filter((note) => note !== undefined);
}

function textOfNote({ command, job, user, startedAt, lockId }: LockNote): string {
  const { collectionUrl, projectId, buildId, releaseId, jobId, pipeline, stage, job: name, attempt } = job;
  const content = {
    version,
    command,
    user,
    startedAt: new Date(startedAt).toISOString(),
    lockId,
    collectionUrl,
    projectId,
    buildId,
    releaseId,
    jobId,
    pipeline,
    stage,
    job: name,
    attempt,
    page: pageOfJob(job),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

function parseNote(name: string, text: string): LockNote | undefined {
  const note = parsedMembers(text);
  const field = (key: string) => textOf(note[key]);
  const line = (key: string) => shorten((field(key) ?? "").replace(/\s+/g, " "), 100);
  const number = (key: string) => (/^\d{1,15}$/.test(field(key) ?? "") ? field(key) : undefined);
  const startedAt = preciseTime(field("startedAt") ?? "");
  const [collectionUrl = "", projectId, jobId] = [field("collectionUrl"), field("projectId"), field("jobId")];
  const [buildId, releaseId] = [number("buildId"), number("releaseId")];
  const isJob = organizationOf(collectionUrl) !== undefined && (buildId ?? releaseId) !== undefined;
  if (note["version"] !== version || startedAt === undefined || !isJob) return undefined;
  if (!isGuid(projectId) || !isGuid(jobId)) return undefined;
  const ids = { collectionUrl, projectId, buildId, releaseId, jobId };
  const names = { pipeline: line("pipeline"), stage: line("stage"), job: line("job") };
  return {
    name,
    command: line("command"),
    job: { ...ids, ...names, attempt: Number(number("attempt") ?? 1) },
    user: field("user") ?? "",
    startedAt,
    lockId: field("lockId"),
  };
}
