import type { ServerResponse } from "node:http";
import { deferred } from "../deferred.ts";
import type { RecordedRequest } from "./recording.ts";

/** Where the lab stops the time of one service principal's requests. */
export interface CheckpointSettings {
  /** Application id. Requests without a valid token are not counted. */
  readonly of: string;
  /** Which request, counted from 1 when the checkpoint is set. */
  readonly n: number;
  /** Before the request reaches the workspace, or when its answer has been sent. */
  readonly moment: "before" | "after";
  /** After an answer: which later requests are held until the checkpoint ends; none by default. */
  readonly holdsLater?: (record: RecordedRequest) => boolean;
}

/** One moment that the lab waits for. */
export interface Checkpoint {
  /** The n-th request, once the moment has come. */
  readonly reached: Promise<RecordedRequest>;
  /** Requests counted so far. */
  readonly count: number;
  /**
   * Decides about the requests that are held, and about all that come later: each goes on to the workspace, or its connection
   * ends without an answer. A process that was killed can have sent some that arrive only now.
   */
  end(decide: (record: RecordedRequest) => Passage): void;
  /** Takes the checkpoint away: all requests go on to the workspace again. */
  remove(): void;
}

export type Passage = "forward" | "drop";

/** The checkpoints of a workspace. */
export interface Checkpoints {
  set(settings: CheckpointSettings): Checkpoint;
  /** Counts a request, and holds it where a checkpoint is before it; "drop" if its connection must end. */
  meet(record: RecordedRequest): Promise<Passage>;
  /** Notes that the answer to a request is being sent. */
  noteAnswer(record: RecordedRequest, response: ServerResponse): void;
  endAll(): void;
}

interface Entry extends Checkpoint, CheckpointSettings {
  readonly ended: Promise<void>;
  readonly reach: (record: RecordedRequest) => void;
  decide: ((record: RecordedRequest) => Passage) | undefined;
  count: number;
  met?: RecordedRequest;
}

/** A workspace's checkpoints, none yet. */
export function createCheckpoints(): Checkpoints {
  const entries = new Set<Entry>();

  return {
    set(settings) {
      const entry = newEntry(settings, () => void entries.delete(entry));
      entries.add(entry);
      return entry;
    },
    async meet(record) {
      const entry = [...entries].find(({ of }) => of === record.subject);
      if (entry === undefined) return "forward";
      entry.count += 1;
      if (entry.decide === undefined && !isHeld(entry, record)) return "forward";
      await entry.ended;
      return entry.decide?.(record) ?? "forward";
    },
    noteAnswer(record, response) {
      for (const entry of entries) {
        if (entry.met === record) response.once("finish", () => entry.reach(record));
      }
    },
    endAll() {
      for (const entry of entries) entry.end(() => "drop");
    },
  };
}

function newEntry(settings: CheckpointSettings, remove: () => void): Entry {
  const reached = deferred<RecordedRequest>();
  const ended = deferred<void>();
  const entry: Entry = {
    ...settings,
    reached: reached.promise,
    reach: reached.resolve,
    ended: ended.promise,
    decide: undefined,
    count: 0,
    end(decide) {
      entry.decide = decide;
      ended.resolve();
    },
    remove() {
      entry.end(() => "forward");
      remove();
    },
  };
  return entry;
}

/** Whether a request that was just counted waits until the checkpoint ends. */
function isHeld(entry: Entry, record: RecordedRequest): boolean {
  if (entry.count < entry.n) return false;
  if (entry.count > entry.n) return entry.moment === "after" && entry.holdsLater?.(record) === true;
  entry.met = record;
  if (entry.moment === "after") return false;
  entry.reach(record);
  return true;
}
