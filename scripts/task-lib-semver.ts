/**
 * Stands for the package semver in the task library, which asks only whether this Node is older than 4.2.0. The package takes
 * longer to load than the rest of the library.
 */
export function lt(version: string, other: string): boolean {
  const [left, right] = [version, other].map((text) => text.split(".").map(Number));
  const place = (left ?? []).findIndex((number, index) => number !== right?.[index]);
  return place !== -1 && Number(left?.[place]) < Number(right?.[place]);
}
