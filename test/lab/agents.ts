/** Whether the lab's agents run on Windows (under Wine) instead of on this machine's own system. */
export const windowsAgents = process.env["LAB_AGENTS"] === "windows";
