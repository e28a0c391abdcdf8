import { span } from '../span.ts';

/** A span with tenths of a second where it is short, e.g. `0.4 s`. */
export function duration(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : span(ms);
}

/** Returns a time, in milliseconds since the epoch, in ISO 8601; the number when it is no time that has a date. */
export function iso(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}

/** The same for a time that may not have come; null then. */
export function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at);
}
