import type { CliOutput } from "./output.ts";

/** Makes `bundle deploy` list each file that it uploads. The flag is hidden; Databricks' extension for VS Code uses it. */
export const listUploads = "--verbose";

/** Whether the CLI has refused that flag, before it has done anything. */
export function refusesToListUploads(message: string): boolean {
  return message.includes(`unknown flag: ${listUploads}`);
}

/** Reports how many of how many are uploaded. */
export type UploadReport = (uploaded: number, total: number, what: "files" | "libraries") => void;

const everyMs = 8_000;

/**
 * Takes the list of uploads out of an output, and reports every eight seconds how far the upload has come. The list is on stdout
 * (databricks/cli, libs/sync/event.go): it begins with "Action: PUT: a, b, DELETE: c" and ends with "Initial Sync Complete".
 */
export function withUploadProgress(output: CliOutput, onProgress: UploadReport): CliOutput {
  const libraries = libraryProgress(onProgress);
  let action: string | undefined;
  let waiting: Set<string> | undefined;
  let uploaded = 0;
  let timer: NodeJS.Timeout | undefined;

  function begin(line: string): void {
    action = line;
    timer = setInterval(() => {
      const total = uploaded + filesLeft().size;
      if (total > 0) onProgress(uploaded, total, "files");
    }, everyMs);
  }

  /** Of "Action: …", which arrives in several lines if it is long. */
  function filesLeft(): Set<string> {
    const [, put = ""] = /^Action: PUT: (.*?)(?:, DELETE: .*)?$/s.exec(action ?? "") ?? [];
    waiting ??= new Set(put === "" ? [] : put.split(", "));
    return waiting;
  }

  function take(line: string): boolean {
    if (line === "Initial Sync Complete") {
      clearInterval(timer);
      action = undefined;
      return true;
    }
    if (action === undefined && /^Action: (PUT|DELETE): /.test(line)) {
      begin(line);
      return true;
    }
    if (action === undefined) return false;
    const [, verb, name = ""] = /^(Uploaded|Deleted) (.*)$/.exec(line) ?? [];
    if (verb === undefined) action += line;
    // The list also has the folders that are created.
    else if (verb === "Uploaded" && filesLeft().delete(name)) uploaded++;
    return true;
  }

  return {
    line(line, stream) {
      if (stream === "stderr") libraries.line(line, stream);
      if (stream !== "stdout" || !take(line)) output.line(line, stream);
    },
    record(record) {
      libraries.record(record);
      output.record(record);
    },
    end() {
      clearInterval(timer);
      libraries.end();
      output.end();
    },
    get facts() {
      return output.facts;
    },
  };
}

/**
 * The same for the libraries, which the CLI uploads before the files: stderr has a line for the begin of each, and the log a record
 * for its end (databricks/cli, bundle/libraries/upload.go). Without records, nothing is known of the ends, and nothing is reported.
 */
function libraryProgress(onProgress: UploadReport): Pick<CliOutput, "line" | "record" | "end"> {
  let uploaded = 0;
  let total = 0;
  let isLogged = false;
  let timer: NodeJS.Timeout | undefined;
  const report = () => {
    if (isLogged) onProgress(uploaded, total, "libraries");
  };
  const end = () => clearInterval(timer);
  return {
    line(line) {
      if (!/^Uploading .+\.\.\.$/.test(line)) return;
      if (line.startsWith("Uploading bundle files to ")) return end();
      total += 1;
      timer ??= setInterval(report, everyMs);
    },
    record({ message }) {
      isLogged = true;
      if (message === "Upload succeeded") uploaded += 1;
    },
    end,
  };
}
