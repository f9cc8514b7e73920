import { fields, type GateRequest, jsonReply, type Reply } from "./exchange.ts";

const schemasPath = "/api/2.1/unity-catalog/schemas";

/** Refuses to create a schema that exists, as Unity Catalog does; the workspace's server would replace it. */
export async function refuseExistingSchema(
  request: GateRequest,
  forward: (request: GateRequest) => Promise<Reply>,
): Promise<Reply | undefined> {
  if (request.method !== "POST" || request.url.pathname !== schemasPath) return undefined;
  const { catalog_name: catalog, name } = fields(request.body);
  const path = `${schemasPath}/${catalog}.${String(name).toLowerCase()}`;
  const found = await forward({
    ...request,
    method: "GET",
    path,
    url: new URL(path, request.url),
    body: Buffer.alloc(0),
  });
  if (found.status !== 200) return undefined;
  return jsonReply(400, { error_code: "SCHEMA_ALREADY_EXISTS", message: `Schema '${name}' already exists` });
}
