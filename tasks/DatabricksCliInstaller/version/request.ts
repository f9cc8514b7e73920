/** Which versions of the CLI the step may install. */
export type VersionRequest =
  | { readonly kind: "latest" }
  | { readonly kind: "exact"; readonly version: string }
  | { readonly kind: "range"; readonly text: string; readonly admits: (version: string) => boolean };

/** The request in words that fit into a sentence. */
export function describe(request: VersionRequest): string {
  if (request.kind === "latest") return "the latest version";
  return request.kind === "exact" ? `version ${request.version}` : `a version in range ${request.text}`;
}
