import type { BundleResource, BundleSummary } from "../common/databricks/bundle-summary.ts";

export interface DeployedBundle extends BundleSummary {
  readonly host: string;
  /** Application id of the service principal that deployed. */
  readonly identity: string;
}

const shownRows = 200;

/** The Markdown that the run page shows. */
export function markdownSummary(deployed: DeployedBundle): string {
  const { resources } = deployed;
  const rows = resources.slice(0, shownRows).map(tableRow);
  const more = resources.length - rows.length;
  return [
    `### Databricks bundle ${escaped(deployed.bundle)} deployed`,
    "",
    "| | |",
    "| --- | --- |",
    `| Workspace | ${link(new URL(deployed.host).host, deployed.host)} |`,
    `| Target | ${escaped(deployed.target)}${deployed.mode ? ` (${escaped(deployed.mode)})` : ""} |`,
    `| Service principal | ${escaped(deployed.identity)} |`,
    ...(deployed.rootPath ? [`| Folder | ${escaped(deployed.rootPath)} |`] : []),
    "",
    ...(rows.length > 0
      ? ["| Resource | Name | Id |", "| --- | --- | --- |", ...rows]
      : ["The bundle holds no resources."]),
    ...(more > 0 ? ["", `… and ${more} more.`] : []),
    "",
  ].join("\n");
}

function tableRow({ type, key, name, id, url }: BundleResource): string {
  return `| ${escaped(`${type}.${key}`)} | ${url ? link(name, url) : escaped(name)} | ${escaped(id)} |`;
}

function link(text: string, url: string): string {
  return `[${escaped(text)}](${url.replace(/[()<>\s|]/g, encodeURIComponent)})`;
}

/** Names are other people's text: no Markdown, no HTML, no link, no new table cell or line. */
function escaped(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, " ")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[\\`*_{}[\]()#+!|~@$]/g, "\\$&")
    .replaceAll("://", "&#58;//");
}

/** The same for programs: what `summaryPath` points to. */
export function jsonSummary(deployed: DeployedBundle): string {
  const { bundle, target, host, identity, resources } = deployed;
  return `${JSON.stringify({ bundle, target, workspaceUrl: host, identity, resources }, undefined, 2)}\n`;
}
