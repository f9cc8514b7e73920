/** What `work` resolves to, and what each list of `records` got while it ran. */
export async function addedDuring<T, Records extends Readonly<Record<string, readonly unknown[]>>>(
  records: Records,
  work: () => Promise<T>,
): Promise<[T, Records]> {
  const before = Object.entries(records).map(([name, list]) => ({ name, list, length: list.length }));
  const result = await work();
  const added = before.map(({ name, list, length }) => [name, list.slice(length)] as const);
  return [result, Object.assign({ ...records }, Object.fromEntries(added))];
}
