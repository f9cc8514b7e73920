import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { type AddDeployer, tenantId } from "./deployers.ts";
import { databricksResource } from "./entra/entra.ts";
import { type Message, type Reply, type Route, requestOverTls } from "./https-client.ts";
import type { Lab } from "./lab.ts";
import { fields, objects } from "./workspace/exchange.ts";

/** Somebody who works in the workspace by hand, signed in as a service principal of their own. */
export interface Person {
  readonly clientId: string;
  /** Sends a request to the workspace's API. Throws what was answered when the status is not 200. */
  call(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** Paths of what is directly in a folder; none if it does not exist. */
  list(folder: string): Promise<string[]>;
  /** Variables with which the CLI runs as this person, outside of any pipeline. */
  environment(): Record<string, string>;
  /** Writes a file, new or over the old one. */
  writeFile(path: string, content: string): Promise<void>;
  /** Writes a notebook in Python, new or over the old one. */
  writeNotebook(path: string, content: string): Promise<void>;
  /** Deletes a file, a notebook, or a folder with everything in it. */
  remove(path: string): Promise<void>;
}

/** What signing in needs of a lab. */
type SignInLab = Pick<Lab, "workspace" | "agentNetwork"> & { readonly addDeployer: AddDeployer };

const workspaceApi = "/api/2.0/workspace";

/** Signs a new person in, with a secret, through the lab's proxy; their requests are recorded like all others. */
export async function signInPerson(lab: SignInLab): Promise<Person> {
  const secret = randomBytes(24).toString("base64url");
  const { clientId } = lab.addDeployer([], undefined, { secret, displayName: "Somebody" });
  const token = await accessToken(routeOf(lab), clientId, secret);

  async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const message = { method, headers: headersWith(token), ...(body && { body: JSON.stringify(body) }) };
    const { text } = await send(routeOf(lab), lab.workspace.url + path, message);
    return text.startsWith("{") ? JSON.parse(text) : {};
  }

  async function write(path: string, content: string, more: object): Promise<void> {
    const body = { path, overwrite: true, content: Buffer.from(content).toString("base64"), ...more };
    await call("POST", `${workspaceApi}/mkdirs`, { path: path.slice(0, path.lastIndexOf("/")) });
    await call("POST", `${workspaceApi}/import`, body);
  }

  return {
    clientId,
    call,
    async list(folder) {
      const path = `${workspaceApi}/list?path=${encodeURIComponent(folder)}`;
      const reply = await requestOverTls(routeOf(lab), lab.workspace.url + path, { headers: headersWith(token) });
      return objects(fields(reply.content)["objects"]).map(({ path }) => String(path));
    },
    environment: () => ({
      DATABRICKS_HOST: lab.workspace.url,
      DATABRICKS_TOKEN: token,
      DATABRICKS_CONFIG_FILE: "/dev/null",
      HTTPS_PROXY: proxyUrl(lab),
      SSL_CERT_FILE: lab.agentNetwork.caFile ?? "",
    }),
    writeFile: (path, content) => write(path, content, { format: "AUTO" }),
    writeNotebook: (path, content) => write(path, content, { format: "SOURCE", language: "PYTHON" }),
    remove: async (path) => void (await call("POST", `${workspaceApi}/delete`, { path, recursive: true })),
  };
}

function headersWith(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, "user-agent": "browser" };
}

/** The URL of the lab's proxy with its credentials, as programs read it from HTTPS_PROXY. */
export function proxyUrl({ agentNetwork: { proxy } }: Pick<Lab, "agentNetwork">): string {
  const { url = "", username = "", password = "" } = proxy ?? {};
  return Object.assign(new URL(url), {
    username: encodeURIComponent(username),
    password: encodeURIComponent(password),
  }).href;
}

/** How a client outside of the pipeline reaches the lab's servers. */
export function routeOf({ agentNetwork: { proxy, caFile } }: Pick<Lab, "agentNetwork">): Route {
  if (!proxy || !caFile) throw new Error("The lab's network has a proxy and a certificate authority.");
  return { ca: fs.readFileSync(caFile, "utf8"), proxy };
}

async function accessToken(route: Route, clientId: string, secret: string): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: secret,
    scope: `${databricksResource}/.default`,
  });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const url = `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`;
  const { text } = await send(route, url, { method: "POST", headers, body: form.toString() });
  return JSON.parse(text).access_token;
}

async function send(route: Route, url: string, message: Message): Promise<Reply> {
  const reply = await requestOverTls(route, url, message);
  if (reply.status !== 200) throw new Error(`${message.method} ${url} gave ${reply.status}: ${reply.text}`);
  return reply;
}
