/** WhatsApp began in 2009. An earlier time is not a message's. */
const earliest = Date.UTC(2009, 0, 1);
const latest = Date.UTC(2100, 0, 1);
const day = 86_400_000;

/**
 * Reads a wire time as milliseconds since the epoch: unix seconds or milliseconds, as number or string, or ISO 8601.
 * Null for anything else, and outside of 2009 to 2099.
 */
export function readTimestamp(value: unknown): number | null {
  let at = Number.NaN;
  if (typeof value === 'number' || (typeof value === 'string' && /^\s*\d{1,16}(\.\d+)?\s*$/.test(value))) {
    const number = Number(value);
    // 1e11 seconds would be the year 5138; 1e11 milliseconds is 1973.
    at = Math.abs(number) < 1e11 ? number * 1000 : number;
  } else if (typeof value === 'string' && /^\s*\d{4}-\d\d-\d\d/.test(value)) {
    at = Date.parse(value.trim());
  }
  return at >= earliest && at < latest ? Math.trunc(at) : null;
}

/**
 * Returns the first candidate that is a time and at most a day ahead of `now`. When all are further ahead, the clock
 * behind `now` is wrong, and the first one is returned. Null when none is a time.
 */
export function firstTimestamp(candidates: readonly unknown[], now: number): number | null {
  const times = candidates.map(readTimestamp).filter(at => at !== null);
  return times.find(at => at <= now + day) ?? times[0] ?? null;
}
