import type { Terminal } from './terminal.ts';

/**
 * Runs a step that can be ended by the user or the system, and ends the program then. What the step leaves is its own
 * to remove: it rejects soon after the signal.
 */
export async function interruptible<T>(terminal: Terminal, step: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const stopListening = terminal.onInterrupt(signal => stop.abort(signal));
  try {
    return await step(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return terminal.exit(stop.signal.reason === 'SIGINT' ? 130 : 143);
  } finally {
    stopListening();
  }
}
