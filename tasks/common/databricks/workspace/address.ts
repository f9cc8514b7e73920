import { hostKind, workspaceIdInName } from "./hosts.ts";

/** Where requests to a workspace go, and which workspace they are for. */
export interface WorkspaceAddress {
  /** `https://name` */
  readonly host: string;
  /** undefined where the name stands for one workspace. */
  readonly workspaceId: string | undefined;
}

/**
 * Reads the address of a workspace as a browser shows it, such as `https://acme.databricks.com/jobs/1?o=123`. The scheme is
 * optional; path, fragment and other parameters are dropped. Returns undefined for what is not an https address, and a
 * problem, as the end of a sentence that begins with the address, if it does not name one workspace.
 */
export function parseWorkspaceAddress(text: string): WorkspaceAddress | { readonly problem: string } | undefined {
  // URL would remove line breaks, and so join two addresses into one.
  if (/[\s\p{Cc}]/u.test(text.trim())) return { problem: "contains a blank or a line break, but must be one address" };
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isPlain =
    url?.protocol === "https:" && url.username === "" && url.password === "" && url.hostname.includes(".");
  if (url === undefined || !isPlain) return undefined;
  const problem = nameProblem(url);
  if (problem !== undefined) return { problem };
  const given = workspaceIdsOf(url);
  const wrong = given.find(({ id, name }) => !(name === "w" ? /^[\w.-]+$/ : /^\d+$/).test(id));
  if (wrong) return { problem: `contains ?${wrong.name}=${wrong.id}, which is not a workspace ID` };
  const inName = workspaceIdInName(url.origin);
  const [first, ...more] = [...new Set([...(inName ? [inName] : []), ...given.map(({ id }) => id)])];
  if (more.length > 0) return { problem: `names more than one workspace: ${[first, ...more].join(" and ")}` };
  return { host: url.origin, workspaceId: first === inName ? undefined : first };
}

/** What is wrong with an address before its parameters, as the end of a sentence that begins with the address. */
function nameProblem({ hostname, port }: URL): string | undefined {
  if (/[,;]/.test(hostname)) return "contains a comma or a semicolon, but must be one address";
  if (port !== "") return `contains the port ${port}, but the address of a workspace has no port`;
  if (hostname.endsWith(".")) return "ends with a dot after the name of the host";
  // Without its number, the name of an Azure workspace looks like a custom URL.
  const [id] = /^adb-\d+(?=\.(azuredatabricks|databricks\.azure)\.)/.exec(hostname) ?? [];
  if (id) return `is not complete: a number is missing after ${id}, as in ${id}.7${hostname.slice(id.length)}`;
  return undefined;
}

/** The parameters that name a workspace: `?o=`, now also `?w=` (databricks/cli, libs/auth/hostparams.go). */
function workspaceIdsOf({ searchParams }: URL): { readonly name: string; readonly id: string }[] {
  return ["o", "w", "workspace_id"]
    .flatMap((name) => searchParams.getAll(name).map((id) => ({ name, id })))
    .filter(({ id }) => id !== "");
}

/** ID of the workspace, if the address contains it. */
export function workspaceIdOf({ host, workspaceId }: WorkspaceAddress): string | undefined {
  return workspaceId ?? workspaceIdInName(host);
}

/** Address of a page of the workspace for a browser: with `?o=` where the name stands for several workspaces. */
export function pageOf({ host, workspaceId }: WorkspaceAddress, path: string): string {
  const isNeeded = workspaceId !== undefined && hostKind(host) === "custom";
  return `${host}${path}${isNeeded ? `?o=${encodeURIComponent(workspaceId)}` : ""}`;
}

/** Address of the workspace for people and later steps. */
export function addressText(address: WorkspaceAddress): string {
  const text = pageOf(address, "/");
  return text.includes("?") ? text : address.host;
}

/** Whether a browser shows a page of this workspace at a URL, without further parameters. */
export function isPageOf(url: string, { host, workspaceId }: WorkspaceAddress): boolean {
  if (!URL.canParse(url) || new URL(url).origin !== host) return false;
  return hostKind(host) !== "custom" || workspaceIdsOf(new URL(url)).some(({ id }) => id === workspaceId);
}
