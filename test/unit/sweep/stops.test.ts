import { describe, expect, it } from "vitest";
import { changesInFlight } from "../../e2e/deploy/sweep/stops.ts";
import type { RecordedRequest } from "../../lab/workspace/workspace.ts";

const stop = { of: "deployer", met: undefined, at: 10_000 };
const creation: RecordedRequest = {
  at: 9_900,
  answeredAt: 9_990,
  method: "POST",
  path: "/api/2.0/pipelines",
  status: 200,
  subject: "deployer",
  userAgent: "cli/1.12.1 databricks-sdk-go/0.1",
};
const { answeredAt: _, ...unanswered } = creation;

describe("A change is in flight when the step is stopped", () => {
  it.each([
    ["if its answer was sent just before", creation],
    ["if it is answered later", { ...creation, answeredAt: 10_004 }],
    ["if it arrives later, because it was on its way", { ...creation, at: 10_003, answeredAt: 10_008 }],
  ])("%s", (_, request) => {
    expect(changesInFlight([request], stop)).toEqual(["POST /api/2.0/pipelines"]);
  });

  it.each([
    ["if the CLI has had the time to log its answer", { ...creation, answeredAt: 9_950 }],
    ["if it never gets to the workspace", { ...unanswered, status: 0 }],
    ["if it is another deployer's", { ...creation, subject: "other" }],
    ["if it only reads", { ...creation, method: "GET" }],
    ["if the task makes it", { ...creation, userAgent: "databricks-bundle-deploy/1.0.0" }],
    ["if it changes files and not resources", { ...creation, path: "/api/2.0/workspace/import" }],
  ])("not %s", (_, request) => {
    expect(changesInFlight([request], stop)).toEqual([]);
  });

  it("not if it is the request that the stop was waiting for", () => {
    expect(changesInFlight([creation], { ...stop, met: creation })).toEqual([]);
  });
});
