import { type TroubleshootingSection, UserError } from "./errors.ts";

interface Cause {
  /** Completes "…: " in a message. */
  readonly words: string;
  /** A sentence that tells what to do. */
  readonly advice: string;
}

const access = "Give the agent's account access to this path.";
const openFiles = "Raise the limit of open files for the agent's account, or run fewer jobs on this machine.";
const place = "Check what is at this path, and remove it or correct the path.";

/** The system's codes for files and folders. `UNKNOWN` is what Node reports for a Windows error that it cannot translate. */
const causes: Record<string, Cause> = {
  ENOSPC: { words: "the disk is full", advice: "Free space on this disk." },
  EDQUOT: { words: "the disk quota is used up", advice: "Free space, or raise the quota of the agent's account." },
  EFBIG: {
    words: "the file is larger than is allowed here",
    advice: "Raise the file size limit of the agent's account.",
  },
  EROFS: { words: "the file system is read-only", advice: "Mount it with write access." },
  EACCES: { words: "access is denied", advice: access },
  EPERM: { words: "the operation is not permitted", advice: access },
  EMFILE: { words: "this process has too many open files", advice: openFiles },
  ENFILE: { words: "this machine has too many open files", advice: openFiles },
  ENOMEM: { words: "there is not enough memory", advice: "Run fewer jobs on this machine, or give it more memory." },
  ENOENT: {
    words: "a file or folder is missing",
    advice: "Check that its folder exists and that no other program removes it.",
  },
  ENOTDIR: { words: "a part of the path is a file, not a folder", advice: place },
  EISDIR: { words: "it is a folder, not a file", advice: place },
  EEXIST: { words: "another file or link has this name", advice: place },
  ENOTEMPTY: { words: "the folder is not empty", advice: place },
  ELOOP: { words: "its symbolic links lead in a circle", advice: place },
  ENAMETOOLONG: { words: "the path is too long", advice: "Use a shorter path." },
  EBUSY: { words: "another program has it open", advice: "Exclude this folder from virus scanners." },
  ETXTBSY: { words: "another program has it open for writing", advice: "Run the step again." },
  EIO: { words: "the disk or the network drive reports an error", advice: "Check the disk or the network drive." },
  ESTALE: { words: "the network drive no longer has it", advice: "Mount the network drive again." },
  UNKNOWN: {
    words: "Windows reports an error without a code",
    advice: "Check the disk, and the log of the virus scanner.",
  },
};

/** The cause behind a system's code such as ENOSPC, in words that complete "…: "; undefined for a code that is not listed. */
export function causeInWords(code: string): string | undefined {
  return causes[code]?.words;
}

/** The system's code, such as EBUSY; empty for other errors. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

export interface FailedFileWork {
  /** What failed, such as "write to the tool cache /tools/databricks"; completes "Cannot ". */
  readonly work: string;
  /** Another way out, as a full sentence. */
  readonly otherwise?: string;
  readonly section: TroubleshootingSection;
}

/**
 * The UserError for a file operation that the system refused. It names the path, the cause in words and what to do. Every
 * other error is returned unchanged.
 */
export function fileFailure(error: unknown, { work, otherwise, section }: FailedFileWork): unknown {
  if (!isSystemError(error)) return error;
  const { code, path, dest } = error;
  const cause = causes[code];
  const where = [path, dest].filter((name) => name !== undefined && !work.endsWith(name)).join(" to ");
  const detail = [code, where].filter(Boolean).join(", ");
  return new UserError(`Cannot ${work}: ${cause?.words ?? error.message} (${detail}).`, {
    hint: [cause?.advice ?? "Check this path on the agent.", otherwise].filter(Boolean).join(" "),
    section,
    cause: error,
  });
}

interface SystemError extends Error {
  readonly code: string;
  readonly path?: string;
  /** The new name, for a rename. */
  readonly dest?: string;
}

/** Node's errors of system calls have these two members; those of a full disk do not name a path. */
function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}
