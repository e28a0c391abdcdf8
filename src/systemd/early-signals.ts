/**
 * Signals that would end the program until it can act on them: from here on they wait. To be imported before anything else, since
 * reading the program's own code takes most of the time until then.
 */
const waiting = new Set<NodeJS.Signals>();
const keep = (signal: NodeJS.Signals) => waiting.add(signal);
for (const signal of ['SIGHUP', 'SIGUSR2'] as const) process.on(signal, keep);

/** Acts on a signal from now on, and at once where it has come already. */
export function onSignal(signal: 'SIGHUP' | 'SIGUSR2', listener: (signal: NodeJS.Signals) => void): void {
  process.on(signal, listener);
  process.off(signal, keep);
  if (waiting.delete(signal)) listener(signal);
}
