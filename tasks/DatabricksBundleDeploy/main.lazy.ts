export { runCommand } from "./main.ts";
