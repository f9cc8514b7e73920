/**
 * An object that tests can take from a fixture before a hook of the test runner has started what it stands for. Each use
 * reads from what `started` returns at that time; a use that comes too early throws.
 */
export function onceStarted<T extends object>(name: string, started: () => T | undefined): T {
  return new Proxy({} as T, {
    get(_, property) {
      const target = started();
      if (!target) throw new Error(`The ${name} has not started: use it in tests and hooks only.`);
      return Reflect.get(target, property);
    },
  });
}
