import { describe, expect, it } from "vitest";
import { readCurrentUser } from "../../../../tasks/common/databricks/workspace/current-user.ts";
import type { Http } from "../../../../tasks/common/pipeline/http.ts";

const host = "https://adb-1.2.azuredatabricks.net";

function checkAgainst(status: number, message: string) {
  const http: Http = {
    send: async ({ url }) => ({
      status,
      headers: { "content-type": "application/json" },
      url,
      text: JSON.stringify({ error_code: status, message }),
    }),
    stream: () => Promise.reject(new Error("Nothing is streamed.")),
  };
  return readCurrentUser({ host, workspaceId: undefined, http, token: async () => ({ value: "the token" }) }, "the id");
}

describe("The current user of a workspace", () => {
  it.each([
    "Source IP address: 20.1.2.3 is blocked by Databricks IP ACL for workspace: 1234567890123456",
    "Unauthorized network access to workspace: 1234567890123456",
  ])("explains a refusal of the agent's address without blaming the service principal: %s", async (message) => {
    await expect(checkAgainst(403, message)).rejects.toMatchObject({
      message: `The workspace ${host} does not allow access from this agent's network (403: ${message}).`,
      hint: expect.stringMatching(/IP access list.*Private Link/),
      section: "workspace-not-reachable",
    });
  });

  it.each([401, 403])("advises to add the service principal to a workspace that answers %i", async (status) => {
    await expect(checkAgainst(status, "User is not a member of this workspace.")).rejects.toMatchObject({
      section: "service-principal-not-in-workspace",
    });
  });
});
