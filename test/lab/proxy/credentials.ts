/** What a proxy asks of its clients; nothing when neither is set. */
export interface ProxyCredentials {
  readonly username?: string;
  readonly password?: string;
}

/** Whether a Proxy-Authorization header satisfies the proxy. */
export function isAuthorized(header: string | undefined, { username, password }: ProxyCredentials): boolean {
  if (username === undefined && password === undefined) return true;
  const [scheme, encoded] = (header ?? "").split(" ");
  if (scheme?.toLowerCase() !== "basic" || !encoded) return false;
  return Buffer.from(encoded, "base64").toString("utf8") === `${username ?? ""}:${password ?? ""}`;
}
