/** Does a piece of work when fewer than the greatest number are under way. The others wait in order. */
export type InSlot = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/**
 * @param most how many may be under way; the function is called each time
 */
export function createSlots(most: () => number): InSlot {
  const waiting = new Set<() => void>();
  let taken = 0;
  const leave = () => {
    taken -= 1;
    for (const enter of waiting) {
      if (taken >= most()) return;
      enter();
    }
  };
  const slot = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const enter = () => {
        waiting.delete(enter);
        signal.removeEventListener('abort', abort);
        taken += 1;
        resolve();
      };
      const abort = () => {
        waiting.delete(enter);
        reject(signal.reason);
      };
      if (signal.aborted) return reject(signal.reason);
      if (taken < most()) return enter();
      waiting.add(enter);
      signal.addEventListener('abort', abort, { once: true });
    });
  return async (signal, work) => {
    await slot(signal);
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
