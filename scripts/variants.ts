import { createHash } from "node:crypto";

type Json = Record<string, unknown>;

/** How an edition of the extension differs from the one that all users install. */
interface Variant {
  /** Added to the names and IDs of the extension and its tasks; empty for the edition that all users install. */
  readonly suffix: string;
  readonly public: boolean;
  readonly galleryFlags: readonly string[];
}

/** Editions that can be installed side by side: tasks with the same name or ID would make every pipeline ambiguous. */
export const variants = {
  production: { suffix: "", public: true, galleryFlags: ["Public"] },
  preview: { suffix: "preview", public: true, galleryFlags: ["Public", "Preview"] },
  development: { suffix: "dev", public: false, galleryFlags: ["Preview"] },
} as const satisfies Record<string, Variant>;

export type VariantName = keyof typeof variants;

/** The variant of that name; throws for an unknown one. */
export function variantNamed(name: string): VariantName {
  if (!Object.hasOwn(variants, name)) throw new Error(`${name} is not one of ${Object.keys(variants).join(", ")}.`);
  return name as VariantName;
}

/** The extension manifest of a variant, stamped with its version. */
export function variantManifest(manifest: Json, name: VariantName, version: string): Json {
  const { suffix, public: isPublic, galleryFlags } = variants[name];
  const renamed = suffix && { id: `${manifest["id"]}-${suffix}`, name: variantTitle(String(manifest["name"]), name) };
  return { ...manifest, ...(renamed || {}), version, public: isPublic, galleryFlags: [...galleryFlags] };
}

/** The task definition of a variant, stamped with its version. */
export function variantTask(task: Json, name: VariantName, version: string): Json {
  const { suffix } = variants[name];
  const [Major, Minor, Patch] = version.split(".").map(Number);
  const stamped = { ...task, version: { Major, Minor, Patch } };
  if (!suffix) return stamped;
  // The help is on the Marketplace page of the variant itself.
  const ownItem = (text: unknown) => String(text).replace(/itemName=[\w-]+\.[\w-]+/g, `$&-${suffix}`);
  return {
    ...stamped,
    id: variantTaskId(String(task["id"]), suffix),
    name: variantTaskName(String(task["name"]), name),
    friendlyName: variantTitle(String(task["friendlyName"]), name),
    helpUrl: ownItem(task["helpUrl"]),
    helpMarkDown: ownItem(task["helpMarkDown"]),
  };
}

/** The title of the extension or a task in a variant. */
export function variantTitle(title: string, name: VariantName): string {
  const { suffix } = variants[name];
  return suffix ? `${title} (${suffix})` : title;
}

/** The name of a variant's task in pipelines. */
export function variantTaskName(task: string, name: VariantName): string {
  const { suffix } = variants[name];
  return `${task}${suffix.charAt(0).toUpperCase()}${suffix.slice(1)}`;
}

/** Always the same ID for the same task and variant: pipelines depend on it. */
function variantTaskId(id: string, suffix: string): string {
  const digest = createHash("sha256").update(`${id}-${suffix}`).digest("hex");
  return digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-8$3-8$4-$5");
}
