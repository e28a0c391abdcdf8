import { UsageError } from '../errors.ts';
import { textOption } from './arguments.ts';
import type { CommandArguments } from './command.ts';

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a time: a date (`2026-11-29`, its beginning in UTC), a date with a time and its zone
 * (`2026-11-29T14:30:00+02:00`), or how long ago (`30m`, `12h`, `7d`). Returns milliseconds since the epoch; null when
 * the option is not given. Throws a UsageError.
 */
export function timeOption(args: CommandArguments, name: string, now: number): number | null {
  const text = textOption(args, name)?.trim();
  if (text === undefined) return null;
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (units[unit] ?? 0);
  const isDated = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const at = Date.parse(text);
  // Date.parse takes the 30th of February for the 2nd of March.
  const isDay = isDated && new Date(`${text.slice(0, 10)}T00:00:00Z`).toJSON()?.startsWith(text.slice(0, 10));
  if (isDay && Number.isFinite(at)) return at;
  throw new UsageError(`--${name} is no time`, {
    hint: 'Write a date (2026-11-29, in UTC), a time with its zone (2026-11-29T14:30:00Z), or how long ago (30m, 12h, 7d)',
  });
}
