import { StringDecoder } from "node:string_decoder";

/**
 * Splits a byte stream into lines at LF, CR LF and a lone CR (.NET: StreamReader.ReadLine). A CR at the end of a chunk
 * waits for the next one, which may begin with its LF.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  /** The lines that a chunk completes. */
  push(chunk: Buffer): string[] {
    return this.#split(this.#rest + this.#decoder.write(chunk));
  }

  /** The last lines, at the end of the stream. */
  end(): string[] {
    const lines = this.#split(`${this.#rest}${this.#decoder.end()}`);
    const last = this.#rest;
    this.#rest = "";
    return last === "" ? lines : [...lines, last.replace(/\r$/, "")];
  }

  #split(text: string): string[] {
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines;
  }
}

/** Delivers lines in batches: what has come on stderr before what has come on stdout (agent: ProcessInvoker.cs). */
export class LinePump {
  readonly #deliver: (stream: "stdout" | "stderr", line: string) => void;
  readonly #pending = { stderr: [] as string[], stdout: [] as string[] };
  #scheduled: NodeJS.Immediate | undefined;

  constructor(deliver: (stream: "stdout" | "stderr", line: string) => void) {
    this.#deliver = deliver;
  }

  add(stream: "stdout" | "stderr", lines: readonly string[]): void {
    for (const line of lines) this.#pending[stream].push(line);
    this.#scheduled ??= setImmediate(() => this.flush());
  }

  flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    for (const stream of ["stderr", "stdout"] as const) {
      for (const line of this.#pending[stream].splice(0)) this.#deliver(stream, line);
    }
  }
}
