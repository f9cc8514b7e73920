import type { Answer, Route } from "../../common/identity/loopback-server.ts";
import { members, textOf } from "../../common/pipeline/json.ts";

/** What the service has done, for the log of the post-job step. */
export interface Report {
  /** Number of tokens given out, by client. */
  readonly answered: Readonly<Record<string, number>>;
  readonly renewals: number;
  readonly refused: Problems;
  readonly failed: Problems;
}

/** Requests without a token: their number, and the reason of the last one. */
interface Problems {
  readonly count: number;
  readonly last: string;
}

/** Counts what the service answers. */
export interface Counter {
  /** The same route, with each answer counted as a request for a token. */
  counted(route: Route): Route;
  countRenewal(): void;
  report(): Report;
}

export function counter(): Counter {
  const answered: Record<string, number> = {};
  let renewals = 0;
  let refused: Problems = { count: 0, last: "" };
  let failed: Problems = { count: 0, last: "" };

  function note({ status, body }: Answer, userAgent: string): void {
    const { message, error_description: description } = members(body);
    const last = textOf(message) ?? textOf(description) ?? `status ${status}`;
    if (status >= 500) failed = { count: failed.count + 1, last };
    else if (status >= 400) refused = { count: refused.count + 1, last };
    else {
      const name = clientName(userAgent, Object.keys(answered));
      answered[name] = (answered[name] ?? 0) + 1;
    }
  }

  return {
    counted: (route) => async (request) => {
      const answer = await route(request);
      note(answer, request.headers["user-agent"] ?? agentOf(request.rawHeaders));
      return answer;
    },
    countRenewal() {
      renewals += 1;
    },
    report: () => ({ answered, renewals, refused, failed }),
  };
}

/** Clients by the first pattern that their User-Agent matches. */
const clients: readonly (readonly [string, RegExp])[] = [
  ["cli", /^cli\//],
  ["terraform", /databricks-tf-provider/],
  ["dbt", /\bdbt/i],
  ["python", /python|databricks-sdk-py/i],
  ["java", /java|jdbc|okhttp|apache-httpclient/i],
  ["javascript", /node|undici|databricks-sdk-js/i],
  ["go", /databricks-sdk-go|go-http-client/i],
  ["curl", /^curl\//],
];

/** Databricks' SDK for JavaScript asks for a token without a User-Agent, and writes the header in this way (config/MetadataServiceCredentials). */
function agentOf(rawHeaders: readonly string[]): string {
  return rawHeaders.includes("x-databricks-metadata-version") ? "databricks-sdk-js" : "";
}

const mostNames = 20;

/** A short name for a client, or the first word of its User-Agent. Any program can send any text there. */
export function clientName(userAgent: string, known: readonly string[] = []): string {
  const found = clients.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const name = found ?? /^[\w.-]{1,30}/.exec(userAgent)?.[0].toLowerCase() ?? "other";
  return known.includes(name) || known.length < mostNames ? name : "other";
}

/** The line for the log: `Signed out. 49 token requests answered: cli 18, python 31; 16 renewals.` */
export function reportLine({ answered, renewals }: Pick<Report, "answered" | "renewals">): string {
  const counts = Object.entries(answered).sort(([a], [b]) => (a < b ? -1 : 1));
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return "Signed out. No program has asked for a token.";
  const list = counts.map(([name, count]) => `${name} ${count}`).join(", ");
  return `Signed out. ${numberOf(total, "token request")} answered: ${list}; ${numberOf(renewals, "renewal")}.`;
}

/** The warnings that belong to it: clients often show nothing of what the service answers. */
export function reportWarnings({ refused, failed }: Pick<Report, "refused" | "failed">): string[] {
  return [
    ...(refused.count > 0
      ? [`${numberOf(refused.count, "token request")} refused. The last reason: ${refused.last}`]
      : []),
    ...(failed.count > 0 ? [`${numberOf(failed.count, "token request")} failed. The last reason: ${failed.last}`] : []),
  ];
}

function numberOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
