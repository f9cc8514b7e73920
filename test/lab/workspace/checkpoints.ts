import type { ServerResponse } from "node:http";
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
   * Ends the checkpoint. Requests that are held before the workspace go on to it, or their connections end without an answer.
   */
  end(held: "forward" | "drop"): void;
}

/** The checkpoints of a workspace. */
export interface Checkpoints {
  set(settings: CheckpointSettings): Checkpoint;
  /** Counts a request, and holds it where a checkpoint is before it; "drop" if its connection must end. */
  meet(record: RecordedRequest): Promise<"forward" | "drop">;
  /** Notes that the answer to a request is being sent. */
  noteAnswer(record: RecordedRequest, response: ServerResponse): void;
  endAll(): void;
}

interface Entry extends Checkpoint, CheckpointSettings {
  readonly ended: Promise<"forward" | "drop">;
  readonly reach: (record: RecordedRequest) => void;
  count: number;
  met?: RecordedRequest;
}

/** A workspace's checkpoints, none yet. */
export function createCheckpoints(): Checkpoints {
  const entries = new Set<Entry>();

  return {
    set(settings) {
      const reached = deferred<RecordedRequest>();
      const ended = deferred<"forward" | "drop">();
      const end = (held: "forward" | "drop") => {
        entries.delete(entry);
        ended.resolve(held);
      };
      const entry: Entry = {
        ...settings,
        reached: reached.promise,
        reach: reached.resolve,
        ended: ended.promise,
        end,
        count: 0,
      };
      entries.add(entry);
      return entry;
    },
    async meet(record) {
      for (const entry of entries) {
        if (entry.of !== record.subject) continue;
        entry.count += 1;
        if (entry.count < entry.n) continue;
        if (entry.count === entry.n) {
          entry.met = record;
          if (entry.moment === "after") continue;
          entry.reach(record);
          return entry.ended;
        }
        if (entry.moment === "after" && entry.holdsLater?.(record)) return entry.ended;
      }
      return "forward";
    },
    noteAnswer(record, response) {
      for (const entry of entries) {
        if (entry.met === record) response.once("finish", () => entry.reach(record));
      }
    },
    endAll() {
      for (const entry of entries) entry.end("drop");
    },
  };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
