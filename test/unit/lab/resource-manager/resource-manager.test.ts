import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { createCertificateAuthority } from "../../../lab/certificates.ts";
import { subscription } from "../../../lab/deployers.ts";
import { requestOverTls } from "../../../lab/https-client.ts";
import { startResourceManager } from "../../../lab/resource-manager/resource-manager.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lab-resource-manager-"));
const authority = await createCertificateAuthority(folder);
const resourceManager = await startResourceManager({
  certificate: await authority.issue(["management.azure.com"]),
  subscription,
  verifyToken: async (token, resource) => {
    if (token === "expired") return { ok: false, reason: "expired" };
    return token === resource ? { ok: true, subject: "deployer" } : { ok: false, reason: "audience" };
  },
});

afterAll(async () => {
  await resourceManager.close();
  fs.rmSync(folder, { recursive: true });
});

async function get(path: string, token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const route = { ca: authority.certificate, port: resourceManager.port };
  const { status, text } = await requestOverTls(route, `https://management.azure.com${path}`, { headers });
  return { status, body: JSON.parse(text) };
}

const list = "/subscriptions?api-version=2022-12-01";

it.each(["https://management.core.windows.net/", "https://management.azure.com/"])(
  "Azure Resource Manager lists the subscription for a token to %s",
  async (resource) => {
    const { status, body } = await get(list, resource);
    expect(status).toBe(200);
    expect(body.value).toHaveLength(1);
    expect(body.value[0]).toMatchObject({ subscriptionId: subscription.id, displayName: subscription.name });
  },
);

it.each([
  ["no token", undefined, "AuthenticationFailed"],
  ["a token to another resource", "https://graph.microsoft.com/", "InvalidAuthenticationTokenAudience"],
  ["a token that is not valid anymore", "expired", "InvalidAuthenticationToken"],
])("Azure Resource Manager refuses %s", async (_, token, code) => {
  const { status, body } = await get(list, token);
  expect(status).toBe(401);
  expect(body.error.code).toBe(code);
});

it.each([
  ["/subscriptions", 400, "MissingApiVersionParameter"],
  ["/tenants?api-version=2022-12-01", 404, "InvalidResourceType"],
])("Azure Resource Manager refuses %s with %s", async (path, status, code) => {
  const answer = await get(path, "https://management.azure.com/");
  expect(answer.status).toBe(status);
  expect(answer.body.error.code).toBe(code);
});
