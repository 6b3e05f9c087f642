/**
 * Does a piece of work that takes a while and says so on standard error, where it does not get in the way of test
 * results: one line when it begins, one with its time when it is done.
 *
 * @param what in the form "building etcd"
 * @param work gets a function that reports how far it is
 */
export async function step<T>(what: string, work: (report: (text: string) => void) => Promise<T>): Promise<T> {
  const begun = performance.now();
  let shown = begun;
  say(`${what} …`);
  const result = await work((text) => {
    if (performance.now() - shown < 10_000) return;
    shown = performance.now();
    say(`${what}: ${text}`);
  });
  say(`${what}: done in ${seconds(begun)}`);
  return result;
}

/** One line for the person who waits. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The time since `begun` (of performance.now()), for people. */
export function seconds(begun: number): string {
  return `${((performance.now() - begun) / 1000).toFixed(1)} s`;
}
