/** WhatsApp began in 2009: anything earlier is not a time of a message. */
const earliest = Date.UTC(2009, 0, 1);
const latest = Date.UTC(2100, 0, 1);
const day = 86_400_000;

/**
 * Reads a wire time as milliseconds since the epoch: unix seconds or milliseconds, as number or string, or ISO 8601.
 * Null when it is none of them or lies outside of 2009 to 2099.
 */
export function readTimestamp(value: unknown): number | null {
  let at = Number.NaN;
  if (typeof value === 'number' || (typeof value === 'string' && /^\s*\d{1,16}(\.\d+)?\s*$/.test(value))) {
    const number = Number(value);
    // As seconds, 1e11 would be the year 5138; as milliseconds it is 1973.
    at = Math.abs(number) < 1e11 ? number * 1000 : number;
  } else if (typeof value === 'string' && /^\s*\d{4}-\d\d-\d\d/.test(value)) {
    at = Date.parse(value.trim());
  }
  return at >= earliest && at < latest ? Math.trunc(at) : null;
}

/**
 * The first of the candidates that is a time and not more than a day ahead of `now`; where all are further ahead, the first of them:
 * then it is the clock behind `now` that is wrong. Null when none is a time.
 */
export function firstTimestamp(candidates: readonly unknown[], now: number): number | null {
  const times = candidates.map(readTimestamp).filter(at => at !== null);
  return times.find(at => at <= now + day) ?? times[0] ?? null;
}
