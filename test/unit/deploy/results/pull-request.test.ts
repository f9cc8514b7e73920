import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { pullRequestThreads } from "../../../../tasks/common/pipeline/pull-request.ts";
import type { PlanComment } from "../../../../tasks/DatabricksBundleDeploy/results/plan-comment.ts";
import { writeThread } from "../../../../tasks/DatabricksBundleDeploy/results/pull-request.ts";
import type { FaultMatch, PlacedFault } from "../../../lab/faults.ts";
import { httpWith } from "../../fake-services.ts";
import { type Server, startServer } from "../../lab/azure-devops/server.ts";
import { jobInfo } from "../../sample-values.ts";

let server: Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

const http = httpWith(async ({ url, method, headers, body }) => {
  const message = { method, ...(headers && { headers }), ...(body !== undefined && { body }) };
  const reply = await server.send(url, message);
  return { status: reply.status, headers: reply.headers, text: reply.text, url };
});

function commentOf(run: number): PlanComment {
  const noted = `<!-- databricks-bundle-plan 0a ${run} 0${run} -->`;
  return { key: "0a", run, digest: `0${run}`, hasChanges: true, markdown: `The plan of run ${run}.\n\n${noted}\n` };
}

/** A pull request of the stand-in, and what a run does to show its plan there. */
function openPullRequest() {
  const { azureDevOps } = server;
  const { id, variables, threads } = azureDevOps.openPullRequest();
  const threadsUrl = `${azureDevOps.collectionUrl}_apis/git/repositories/${variables["Build.Repository.ID"]}/pullRequests/${id}/threads`;
  return {
    show(run: number) {
      const job = { ...jobInfo, collectionUrl: azureDevOps.collectionUrl, jobToken: azureDevOps.issueJobToken() };
      return writeThread(pullRequestThreads(http, job, threadsUrl), commentOf(run));
    },
    shown: () => threads().map(({ comments }) => comments[0]?.content.split("\n", 1)[0]),
  };
}

/** Holds the next request of this kind. */
async function held(match: FaultMatch, request: () => Promise<string>): Promise<[PlacedFault, Promise<string>]> {
  const fault = server.azureDevOps.fault({ hold: true }, 1, match);
  const pending = request();
  await vi.waitFor(() => expect(fault.hits).toBe(1), 30_000);
  return [fault, pending];
}

const update = { method: "PATCH", path: /\/comments\/1\?/ };
const list = { method: "GET", path: /\/threads\?/ };

describe("A plan on a pull request", () => {
  it("is that of the later one of two runs, although the earlier one writes last", async () => {
    const { show, shown } = openPullRequest();
    await show(1);
    const [ofEarlier, earlier] = await held(update, () => show(2));
    const [ofLater, later] = await held(update, () => show(3));
    const check = server.azureDevOps.fault({ hold: true }, 1, list);
    ofLater.release();
    await vi.waitFor(() => expect(check.hits).toBe(1), 30_000);
    ofEarlier.release();
    expect(await earlier).toContain("is shown");
    expect(shown()).toEqual(["The plan of run 2."]);
    check.release();
    expect(await later).toContain("is shown");
    expect(shown()).toEqual(["The plan of run 3."]);
  });

  it("counts as shown although Azure DevOps refuses the second look at it", async () => {
    const { show, shown } = openPullRequest();
    await show(1);
    const [ofUpdate, second] = await held(update, () => show(2));
    const look = server.azureDevOps.fault({ status: 500 }, Number.POSITIVE_INFINITY, list);
    ofUpdate.release();
    expect(await second).toContain("is shown");
    expect(look.hits).toBeGreaterThan(0);
    look.release();
    expect(shown()).toEqual(["The plan of run 2."]);
  });

  it("stays that of the later run if the earlier one comes after it", async () => {
    const { show, shown } = openPullRequest();
    await show(3);
    expect(await show(2)).toContain("already shows the plan of a later run");
    expect(shown()).toEqual(["The plan of run 3."]);
  });
});
