import { createHash } from "node:crypto";
import { type Caller, fields, isJson, isObject, type Reply } from "./exchange.ts";

/** Names the creator of each object: the server behind the gate has only one service principal. */
export interface Identities {
  /** Puts the right service principals into a reply of the server. */
  apply(path: string, reply: Reply, caller?: Caller): Reply;
  /** Notes the creator of the job or pipeline in a reply. */
  noteCreation(reply: Reply, caller: Caller): void;
}

/** The server's names for its caller; pipelines always have the second. */
const serverUsers = /aaaaaaaa-bbbb-4ccc-dddd-eeeeeeeeeeee|tester@databricks\.com/g;
const mePath = /^\/api\/2\.\d\/preview\/scim\/v2\/Me\b/;

/** Remembers the creators of jobs and pipelines; every other object is shown as its reader's. */
export function createIdentities(): Identities {
  const creators = new Map<string, string>();

  function attribute(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(attribute);
    if (!isObject(value)) return value;
    const creator = creators.get(objectId(value));
    const owned = creator && "creator_user_name" in value ? { ...value, ...ownership(value, creator) } : value;
    return Object.fromEntries(Object.entries(owned).map(([key, member]) => [key, attribute(member)]));
  }

  return {
    noteCreation(reply, { applicationId }) {
      const id = objectId(fields(reply.body));
      if (reply.status === 200 && id) {
        creators.set(id, applicationId);
      }
    },
    apply(path, reply, caller) {
      if (!isJson(reply) || reply.body.length === 0) return reply;
      if (caller && mePath.test(path)) {
        return { ...reply, body: JSON.stringify({ ...fields(reply.body), ...scimUser(caller) }) };
      }
      const text = JSON.stringify(attribute(JSON.parse(reply.body.toString())));
      return { ...reply, body: caller ? text.replace(serverUsers, caller.applicationId) : text };
    },
  };
}

function objectId(value: Record<string, unknown>): string {
  return String(value["job_id"] ?? value["pipeline_id"] ?? "");
}

function ownership(value: Record<string, unknown>, creator: string) {
  const settings = isObject(value["settings"]) ? value["settings"] : value;
  const runAs = isObject(settings["run_as"]) ? settings["run_as"] : {};
  const runsAs = runAs["service_principal_name"] ?? runAs["user_name"] ?? creator;
  return { creator_user_name: creator, ...("run_as_user_name" in value && { run_as_user_name: runsAs }) };
}

function scimUser({ applicationId, displayName }: Caller) {
  // 48 bits: the ids of a workspace's users are whole numbers below 2^53.
  const id = Number.parseInt(createHash("sha256").update(applicationId).digest("hex").slice(0, 12), 16);
  return { id: String(id), userName: applicationId, displayName, active: true };
}
