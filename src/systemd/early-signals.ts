/**
 * Keeps signals that arrive before the program can act on them; without this they would end it. Import it before
 * anything else: loading the program's own code takes most of the start.
 */
const waiting = new Set<NodeJS.Signals>();
const keep = (signal: NodeJS.Signals) => waiting.add(signal);
for (const signal of ['SIGHUP', 'SIGUSR2'] as const) process.on(signal, keep);

/** Calls `listener` for each such signal from now on, and at once when one has already arrived. */
export function onSignal(signal: 'SIGHUP' | 'SIGUSR2', listener: (signal: NodeJS.Signals) => void): void {
  process.on(signal, listener);
  process.off(signal, keep);
  if (waiting.delete(signal)) listener(signal);
}
