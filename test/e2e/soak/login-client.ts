/** One request of the client to the service, and what it did with the token. Times are in milliseconds since the epoch. */
export interface ClientCall {
  readonly from: number;
  readonly to: number;
  readonly way: "metadata" | "oauth" | "cli";
  /** Status of the service; the exit code of the CLI. */
  readonly answer: number;
  /** What the workspace answered to the token: a status, or the user that the CLI prints. */
  readonly workspace: string;
  /** The message of the service, if it gave no token. */
  readonly reason: string;
}

/** How often the script asks, in seconds: between 0 and this. */
const longestPause = 3;

/**
 * A script of a job that asks the service for tokens, for so many seconds, and uses each one at once: with curl from the metadata
 * service and as an OAuth client, and from time to time with the CLI. Its pauses follow from the seed.
 */
export function clientScript(seconds: number, seed: number): string {
  return `RANDOM=${seed % 32_768}
: > cli-error
end=$(( $(date +%s) + ${seconds} ))
now() { date +%s%3N; }
endpoint=$(curl -s "$DATABRICKS_DISCOVERY_URL" | jq -r .token_endpoint)
for (( call = 1; $(date +%s) < end; call += 1 )); do
  from=$(now)
  if (( call % 20 == 1 )); then
    me=$(databricks api get /api/2.0/preview/scim/v2/Me 2> cli-error)
    code=$?
    user=$(jq -r .userName <<< "$me")
    echo "call $from $(now) cli $code \${user:--} $(tr -s '\\n' ' ' < cli-error)"
  else
    if (( call % 3 == 0 )); then
      way=oauth
      answer=$(printf 'user = "%s:%s"\\n' "$DATABRICKS_CLIENT_ID" "$DATABRICKS_CLIENT_SECRET" |
        curl -s -K - -d grant_type=client_credentials -w '\\n%{http_code}' "$endpoint")
    else
      way=metadata
      answer=$(curl -s -w '\\n%{http_code}' -H "X-Databricks-Metadata-Version: 1" -H "X-Databricks-Host: $DATABRICKS_HOST" \\
        "$DATABRICKS_METADATA_SERVICE_URL")
    fi
    body=\${answer%$'\\n'*}
    token=$(jq -r '.access_token // empty' <<< "$body")
    used=-
    [ -z "$token" ] || used=$(curl -s -o /dev/null -w '%{http_code}' -H @- \\
      "$DATABRICKS_HOST/api/2.0/preview/scim/v2/Me" <<< "Authorization: Bearer $token")
    echo "call $from $(now) $way \${answer##*$'\\n'} $used $(jq -r '.message // .error_description // empty' <<< "$body")"
  fi
  sleep $(( RANDOM % ${longestPause} )).$(( RANDOM % 10 ))
done`;
}

/** The calls in what the script has printed. Throws for a line that it does not print. */
export function callsIn(output: readonly string[]): ClientCall[] {
  return output.map((line) => {
    const [, from, to, way, answer, workspace = "", reason = ""] =
      /^call (\d+) (\d+) (metadata|oauth|cli) (\d+) (\S+) ?(.*)$/.exec(line) ?? [];
    if (way === undefined) throw new Error(`The client printed: ${line}`);
    const numbers = { from: Number(from), to: Number(to), answer: Number(answer) };
    return { ...numbers, way: way as ClientCall["way"], workspace, reason };
  });
}

/** Whether a call got a token that the workspace accepted. */
export function isServed({ way, answer, workspace }: ClientCall, user: string): boolean {
  return way === "cli" ? answer === 0 && workspace === user : answer === 200 && workspace === "200";
}
