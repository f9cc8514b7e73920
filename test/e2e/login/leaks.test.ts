import { describe, expect, it } from "vitest";
import { findLeaks, issuedTokens, type Secret, stepTraces, type Trace, watchStep } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { askForToken, type Login, processView } from "../steps/login-job.ts";
import { useLab } from "../use-lab.ts";

/**
 * What lets a program request tokens: it may be in the job's variables, but not in a log. Of an address, only the path is secret: it
 * begins like every other address on this machine.
 */
function addressesIn(login: Login, variable: (name: string) => string | undefined): Secret[] {
  const names = ["DATABRICKS_METADATA_SERVICE_URL", "DATABRICKS_DISCOVERY_URL", "DATABRICKS_CLIENT_SECRET"];
  const values = names.map((name) => ({ name, value: variable(name) ?? "" }));
  const all = [...values, { name: "address to stop", value: login.service?.stopUrl ?? "" }];
  const addresses = all.map(({ name, value }) => ({ name, value: value.split("/").at(-1) ?? "" }));
  expect(addresses.filter(({ value }) => value.length < 20)).toEqual([]);
  return addresses;
}

describe.each(taskNodes)("The secrets of a login on $name", ({ path: node }) => {
  const { lab, loginJob, startAgent } = useLab(node);

  it("are in no log, file, command line or environment, in debug mode", async () => {
    lab.entra.accessTokenLifetimeSeconds = 5;
    const agent = await startAgent();
    const { job, login, script, finish } = await loginJob({ on: agent, debug: true });
    const watch = watchStep(agent);
    const signedIn = await login({ oauthClient: "true" }, { onStart: watch.onStart });
    const { pid } = signedIn.service ?? { pid: 0 };
    const view = processView(pid);
    const asked = await script(`${askForToken}; sleep 2; ${askForToken}; printenv DATABRICKS_DISCOVERY_URL`);
    expect(asked.output.slice(0, 2)).toEqual(["200", "200"]);
    const later = processView(pid);
    const { postSteps, orphans } = await finish();
    lab.entra.accessTokenLifetimeSeconds = 3600;
    expect(orphans).toEqual([]);
    expect(lab.entra.issued.length).toBeGreaterThan(1);

    const [post] = postSteps;
    if (post === undefined) throw new Error("There was no post-job step.");
    const traces: Trace[] = [
      ...watch.stop(),
      ...[signedIn, asked, post].flatMap((step) => stepTraces(step, job)),
      ...[view, later].flatMap(({ argv, environment }) => [
        { where: "command line of the service", text: argv.join(" ") },
        { where: "environment of the service", text: environment.join("\n") },
      ]),
    ];
    expect(findLeaks(issuedTokens(lab), traces)).toEqual([]);
    const addresses = addressesIn(signedIn, (name) => job.variables.get(name));
    const shown = traces.filter(
      ({ where }) => where === "log" || where === "issue" || where.includes("of the service"),
    );
    expect(findLeaks(addresses, shown)).toEqual([]);
    expect(asked.text).toContain("***");
  });

  it("are all that the service has: nothing of the step's environment, streams and files", async () => {
    const { login, finish } = await loginJob({ variables: { SOME_VARIABLE: "1" } });
    const { service, taskFolderChanged, leftInTemp } = await login();
    const { argv, environment, workingDirectory, streams, files } = processView(service?.pid ?? 0);
    expect(argv.filter((word) => !word.startsWith("--"))).toEqual([
      node,
      expect.stringMatching(/_tasks\/DatabricksLogin_[^/]+\/[^/]+\/index\.js$/),
      "service",
    ]);
    expect(environment.map((one) => one.replace(/=.*/s, "")).sort()).toEqual([
      "HOME",
      "NODE_CHANNEL_FD",
      "NODE_CHANNEL_SERIALIZATION_MODE",
      "PATH",
      "VSTS_PROCESS_LOOKUP_ID",
    ]);
    expect(workingDirectory).toBe("/");
    expect(streams).toEqual(["/dev/null", "/dev/null", "/dev/null"]);
    expect(files).toEqual([]);
    expect([taskFolderChanged, leftInTemp]).toEqual([false, []]);
    await finish();
  });

  it("hide the first token and the address in what later steps print, but not a renewed token", async () => {
    // It is renewed after six seconds at the earliest, and expires for the service after twelve.
    lab.entra.accessTokenLifetimeSeconds = 16;
    const { login, script, finish } = await loginJob();
    await login();
    const signInToken = lab.entra.issued.at(-1) ?? "";
    const token = `curl -s -H "X-Databricks-Metadata-Version: 1" -H "X-Databricks-Host: $DATABRICKS_HOST" "$DATABRICKS_METADATA_SERVICE_URL" | jq -r .access_token`;
    const printed = await script(`echo "address $DATABRICKS_METADATA_SERVICE_URL"; ${token}; sleep 13; ${token}`);
    lab.entra.accessTokenLifetimeSeconds = 3600;
    const [address, first, renewed] = printed.output;
    expect(printed.log).toContain("address ***");
    expect(address).not.toContain("***");
    expect(first).toBe(signInToken);
    expect(renewed).not.toBe(signInToken);
    expect(renewed).toBe(lab.entra.issued.at(-1));
    expect(printed.text.includes(signInToken)).toBe(false);
    // The service has no log in which to hide it: docs/security.md says so.
    expect(printed.log).toContain(renewed);
    await finish();
  });

  it("answer nobody without the address: another path, host name or workspace", async () => {
    const { login, script, finish } = await loginJob();
    await login();
    const { output } = await script(`
      ask() { curl -s -o /dev/null -w "%{http_code} " -H "X-Databricks-Metadata-Version: 1" "$@"; }
      base=$(echo "$DATABRICKS_METADATA_SERVICE_URL" | cut -d/ -f1-3)
      ask -H "X-Databricks-Host: $DATABRICKS_HOST" "$base/"
      ask -H "X-Databricks-Host: $DATABRICKS_HOST" -H "Host: attacker.example" "$DATABRICKS_METADATA_SERVICE_URL"
      ask -H "X-Databricks-Host: https://adb-6543210987654321.1.azuredatabricks.net" "$DATABRICKS_METADATA_SERVICE_URL"
      ask -X POST -H "X-Databricks-Host: $DATABRICKS_HOST" "$DATABRICKS_METADATA_SERVICE_URL"; echo`);
    expect(output.map((line) => line.trim())).toEqual(["404 403 403 405"]);
    const { postSteps } = await finish();
    expect(postSteps[0]?.warnings).toEqual([expect.stringMatching(/^\d token requests? refused\. The last reason: /)]);
  });

  it("are not there in a build of a fork", async () => {
    const { job, login, script, finish } = await loginJob({
      variables: { "system.restrictSecrets": "true", "system.pullRequest.isFork": "true" },
    });
    const skipped = await login();
    expect([skipped.result, skipped.service]).toEqual(["Skipped", undefined]);
    expect((await script("env | grep -c ^DATABRICKS_ || true")).output).toEqual(["0"]);
    expect(job.variables.names().filter((name) => name.startsWith("DATABRICKS_"))).toEqual([]);
    const { postSteps, orphans } = await finish();
    expect(postSteps.map(({ result }) => result)).toEqual(["Skipped"]);
    expect(orphans).toEqual([]);
  });
});
