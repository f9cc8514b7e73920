import { ReposService } from "@databricks/sdk-experimental/dist/apis/workspace/api";
import { expect, it } from "vitest";
import { runService, workspaceService } from "../../../../tasks/common/databricks/workspace/client.ts";
import { recordingHttp } from "../../fake-services.ts";

/** A connection to a workspace that answers every call with `{}`, and the requests that it gets. */
function recorded() {
  const { http, sent: requests } = recordingHttp();
  const token = async () => ({ value: "a-token" });
  return { requests, connection: { host: "https://adb-1.2.azuredatabricks.net", workspaceId: undefined, http, token } };
}

it("sends the parameters of a GET call in its address, with any characters", async () => {
  const { requests, connection } = recorded();
  const service = await workspaceService((services) => services.WorkspaceService, connection);
  await service.export({ path: "/a b/ä?&=#%", format: "AUTO" });
  const [{ method, url = "", headers } = {}] = requests;
  expect(method).toBe("GET");
  const { origin, pathname, searchParams } = new URL(url);
  expect(origin + pathname).toBe("https://adb-1.2.azuredatabricks.net/api/2.0/workspace/export");
  expect(Object.fromEntries(searchParams)).toEqual({ path: "/a b/ä?&=#%", format: "AUTO" });
  expect(headers).toEqual({ Authorization: "Bearer a-token", Accept: "application/json" });
});

it("sends what a POST call contains as its body", async () => {
  const { requests, connection } = recorded();
  const service = await runService((services) => services.JobsService, connection);
  await service.cancelRun({ run_id: 7 });
  expect(requests).toMatchObject([{ method: "POST", body: '{"run_id":7}' }]);
  expect(new URL(requests[0]?.url ?? "").search).toBe("");
});

it("leaves out a parameter without a value", async () => {
  const { requests, connection } = recorded();
  const service = await runService((services) => services.JobsService, connection);
  await service.getRun({ run_id: 7, page_token: undefined } as unknown as { run_id: number });
  expect(new URL(requests[0]?.url ?? "").search).toBe("?run_id=7");
});

it("refuses a call that it would not send completely", async () => {
  const { requests, connection } = recorded();
  const service = await workspaceService((services) => services.WorkspaceService, connection);
  const list = service.export({ path: ["/a", "/b"] as unknown as string, format: "AUTO" });
  await expect(list).rejects.toThrow("path: a list or an object is not supported.");
  const repos = await workspaceService(() => ReposService, connection);
  await expect(repos.delete({ repo_id: 1 })).rejects.toThrow("DELETE is not supported.");
  expect(requests).toEqual([]);
});
