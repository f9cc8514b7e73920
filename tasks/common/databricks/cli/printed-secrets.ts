import { endOfPiece } from "../../pipeline/secrets.ts";

/** Fewer characters of a secret do not reveal it, and other words begin with them too. */
const telling = 3;

/** With --debug, the CLI cuts long values, and a secret among them in two, which the agent does not hide (databricks-sdk-go, httpclient). */
export function withoutCutSecret(line: string): string {
  return line.replace(/^(.*)(?=\.\.\. \(\d+ more bytes\))/, (text) => {
    const end = endOfPiece(text);
    return text.length - end >= telling ? `${text.slice(0, end)}***` : text;
  });
}

/**
 * The CLI adds its settings to an error of its sign-in (databricks-sdk-go, config/config.go: wrapDebug). They are the task's own,
 * and the explanation names what counts.
 */
export function withoutSettings(line: string): string {
  const at = line.indexOf(". Config: ");
  return at >= 0 && /\bmetadata_service_url=/.test(line.slice(at)) ? line.slice(0, at + 1) : line;
}
