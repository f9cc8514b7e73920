/** Numbers that stand for the server's own, both ways, in any text: bodies, paths, queries. */
export interface IdMap {
  toClient(text: string): string;
  toServer(text: string): string;
}

/** The server's ids have 19 digits, and so have times in nanoseconds, but these begin with 1. */
const serverId = /(?<!\d)[89]\d{18}(?!\d)/g;
const clientId = /(?<!\d)4\d{14}(?!\d)/g;
const firstClientId = 400_000_000_000_001;

/** Ids below 2^53, as a real workspace has them: JavaScript clients cannot read longer ones. */
export function createIdMap(): IdMap {
  const byServer = new Map<string, string>();
  const byClient = new Map<string, string>();

  function clientFor(id: string): string {
    const known = byServer.get(id);
    if (known !== undefined) return known;
    const created = String(firstClientId + byServer.size);
    byServer.set(id, created);
    byClient.set(created, id);
    return created;
  }

  return {
    toClient: (text) => text.replace(serverId, clientFor),
    toServer: (text) => text.replace(clientId, (id) => byClient.get(id) ?? id),
  };
}
