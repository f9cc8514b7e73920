import { uploadSummary, warn } from "./commands.ts";
import { writeJobFile } from "./job.ts";

/** Shows Markdown on the run page. `what` names it in the warning that replaces it if it cannot be written. */
export function publishSummary(what: string, name: string, markdown: () => string): void {
  decorate(what, () => uploadSummary(writeJobFile(name, markdown())));
}

/** Something that cannot be written never changes the result of what it shows. */
export function decorate(what: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    warn(`${what} could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
