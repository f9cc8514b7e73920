/** Members of a JSON value; none where it is no object. */
export function members(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Members of the object that a JSON text holds; none where it holds no object or is no JSON. */
export function parsedMembers(text: string): Record<string, unknown> {
  try {
    return members(JSON.parse(text));
  } catch {
    return {};
  }
}
