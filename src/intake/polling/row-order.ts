import type { Normalised } from '../../kapso/inbound/normalised.ts';

/**
 * Finds the order in which a pass lists its rows, from the first and the last of them. The returned function takes page
 * by page and returns whether the newest come first. While all rows are of one second, it returns what was assumed.
 */
export function createRowOrder(assumed: boolean): (page: readonly Normalised[]) => boolean {
  let first: number | null = null;
  let last: number | null = null;
  return page => {
    const times = page.flatMap(item => (item.kind === 'message' ? [item.message.timestamp] : []));
    first ??= times[0] ?? null;
    last = times.at(-1) ?? last;
    return first === null || last === null || first === last ? assumed : first > last;
  };
}
