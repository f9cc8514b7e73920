import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { members, parsedObject, textOf } from "../../common/pipeline/json.ts";
import { isRunning } from "../../common/pipeline/processes.ts";
import type { Report } from "./report.ts";
import type { RunningService } from "./running.ts";

const answerWithinMs = 5_000;
const goneWithinMs = 5_000;

/**
 * Ends the service and waits until its process is gone. Returns its report; undefined if it had ended before, or did not
 * answer.
 */
export async function stopService({ pid, stopUrl }: RunningService): Promise<Report | undefined> {
  const answer = await askToStop(stopUrl);
  // The number of a process that ended long ago may belong to another one by now.
  if (answer.kind === "gone") return undefined;
  const deadline = Date.now() + (answer.kind === "report" ? goneWithinMs : 0);
  while (isRunning(pid) && Date.now() < deadline) await sleep(10);
  if (isRunning(pid)) process.kill(pid, "SIGKILL");
  while (isRunning(pid) && Date.now() < deadline + goneWithinMs) await sleep(10);
  return answer.kind === "report" ? answer.report : undefined;
}

type StopAnswer = { readonly kind: "report"; readonly report: Report } | { readonly kind: "gone" | "silent" };

/** Not through the tasks' HTTP module, whose proxies and retries are not for a service on this machine. */
function askToStop(url: string): Promise<StopAnswer> {
  return new Promise((resolve) => {
    const request = http.request(url, { method: "POST", agent: false, timeout: answerWithinMs }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", () => resolve({ kind: "silent" }));
      response.on("end", () => {
        const report = response.statusCode === 200 ? parsedReport(text) : undefined;
        // Another program has the port by now.
        resolve(report ? { kind: "report", report } : { kind: "gone" });
      });
    });
    request.on("timeout", () => {
      request.destroy();
      resolve({ kind: "silent" });
    });
    request.on("error", () => resolve({ kind: "gone" }));
    request.end();
  });
}

function parsedReport(text: string): Report | undefined {
  const { answered, renewals, refused, failed } = parsedObject(text) ?? {};
  if (typeof renewals !== "number") return undefined;
  const counts = Object.entries(members(answered)).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  return { answered: Object.fromEntries(counts), renewals, refused: problemsOf(refused), failed: problemsOf(failed) };
}

function problemsOf(value: unknown): Report["refused"] {
  const { count, last } = members(value);
  return { count: typeof count === "number" ? count : 0, last: textOf(last) ?? "" };
}
