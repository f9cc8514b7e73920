import { expect, it, vi } from "vitest";
import { readServiceConnection } from "../../../tasks/common/pipeline/service-connection.ts";

const given: { authorization: unknown } = { authorization: undefined };

vi.mock("azure-pipelines-task-lib/task", () => ({
  getEndpointAuthorization: () => given.authorization,
  getEndpointDataParameter: () => undefined,
  setStdStream: () => undefined,
}));

it.each([
  [{ scheme: "ServicePrincipal" }, /has no tenant ID/],
  [{ scheme: [], parameters: { tenantid: {}, serviceprincipalid: "c" } }, /has no tenant ID/],
  [{ parameters: null }, /has no tenant ID/],
  [{ scheme: "Token", parameters: {} }, /uses Token, which cannot be used/],
])("refuses a service connection that is not complete: %j", (authorization, message) => {
  given.authorization = authorization;
  expect(() => readServiceConnection("5f0a")).toThrow(message);
});
