import { uploadSummary, warn } from "./commands.ts";
import { writeJobFile } from "./job.ts";

/** Shows Markdown on the run page; false, with a warning that calls it `what`, if it cannot be written. */
export function publishSummary(what: string, name: string, markdown: () => string): boolean {
  return decorate(what, () => uploadSummary(writeJobFile(name, markdown())));
}

/** Something that cannot be written never changes the result of what it shows. Returns whether it was written. */
export function decorate(what: string, write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    warnNotWritten(what, error instanceof Error ? error.message : String(error));
    return false;
  }
}

export function warnNotWritten(what: string, reason: string): void {
  warn(`${what} could not be written: ${reason}`);
}
