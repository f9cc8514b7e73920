/** Whether the lab's agents run on Windows (under Wine) instead of on this machine's own system. */
export const windowsAgents = process.env["LAB_AGENTS"] === "windows";

/** Whether they run under Wine 10 from Debian 13 instead of the machine's own Wine. */
export const wine10 = windowsAgents && process.env["LAB_WINE"] === "10";
