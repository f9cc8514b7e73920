import { version } from "../package.json";
import { type VariantName, variants, variantTaskName, variantTitle } from "./variants.ts";

type Json = Record<string, unknown>;

/** The project's page. Only the manifest contains this address; all other links are relative to the tag of the release. */
export function repositoryUrl(manifest: Json): string {
  return (manifest["repository"] as { uri: string }).uri;
}

/** The Marketplace does not show pages of the repository: relative links become absolute, packaged pictures stay. */
export function listingPage(markdown: string, repository: string): string {
  return markdown
    .replace(/<!--[\s\S]*?-->\n*/g, "")
    .replace(/(\]\()([^)\s]+)(?=\))/g, (_, open: string, link: string) => open + listingLink(link, repository));
}

/** The page of a variant: its title and its tasks, whose names differ from those on the pages that it links to. */
export function variantPage(markdown: string, title: string, tasks: readonly string[], name: VariantName): string {
  const heading = `# ${title}\n`;
  if (!markdown.startsWith(heading)) throw new Error(`The page does not begin with ${heading.trim()}.`);
  if (!variants[name].suffix) return markdown;
  const renamed = tasks.reduce(
    (text, task) => text.replaceAll(new RegExp(`\\b${task}\\b`, "g"), variantTaskName(task, name)),
    markdown.slice(heading.length),
  );
  // Without a comma before "and", as in the rest of the page.
  const own = new Intl.ListFormat("en-GB").format(tasks.map((task) => `\`${variantTaskName(task, name)}@1\``));
  const note = `Its tasks are ${own}, also where a page that is linked here names them otherwise.`;
  return `# ${variantTitle(title, name)}\n\n${note}\n${renamed}`;
}

/** The manifest's links, absolute. */
export function listingLinks(manifest: Json): Json {
  const repository = repositoryUrl(manifest);
  const links = Object.entries(manifest["links"] as Record<string, { uri: string }>);
  return Object.fromEntries(links.map(([kind, { uri }]) => [kind, { uri: pageUrl(uri, repository) }]));
}

function listingLink(link: string, repository: string): string {
  return link.startsWith("#") || link.startsWith("images/") ? link : pageUrl(link, repository);
}

/**
 * Resolves a link as the project's page does: `docs/setup.md`, `../../issues`, or an absolute one. Pages are those of the
 * release: later ones may describe inputs that it does not have.
 */
function pageUrl(link: string, repository: string): string {
  return new URL(link, `${repository}/blob/v${version}/`).href;
}
