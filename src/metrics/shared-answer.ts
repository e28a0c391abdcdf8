import type { Clock } from '../clock.ts';

/**
 * Asks for something at most once in so many milliseconds: whoever asks meanwhile gets the same answer, or the same
 * failure. So the questions of many cost no more than those of one.
 */
export function shareAnswer<T>(ask: () => Promise<T>, ms: number, clock: Pick<Clock, 'monotonic'>): () => Promise<T> {
  let answer: { at: number; value: Promise<T> } | null = null;
  return () => {
    const at = clock.monotonic();
    if (answer === null || at - answer.at >= ms) answer = { at, value: ask() };
    return answer.value;
  };
}
