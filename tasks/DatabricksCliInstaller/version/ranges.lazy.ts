export { parseSemver } from "./ranges.ts";
