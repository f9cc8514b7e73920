/** What a step does not need if an exact version is in the tool cache: most steps do not load it. */
export { printNotFromArchive, takePreinstalled } from "../cli/preinstalled.ts";
export { bundleVersion } from "../version/from-bundle.ts";
export { resolveVersions } from "../version/resolve.ts";
export { downloadVerified, notInstalled, reportAbsent } from "./download.ts";
export { installLocalArchive } from "./local-archive.ts";
export { installVerified } from "./verified.ts";
