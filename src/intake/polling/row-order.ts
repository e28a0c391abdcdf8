import type { Normalised } from '../../kapso/inbound/normalised.ts';

/**
 * In which order a pass lists its rows, by the first and the last of them. Returns, page by page, whether the newest come first: as long
 * as the rows are of one and the same second, what was assumed.
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
