import { createHash } from 'node:crypto';

/** Deeper than any message. What lies below is replaced, since recursion over it would overflow the stack. */
const maxDepth = 100;

/** Returns a copy that JSON can always write: keys sorted, at most 100 levels, without functions, cycles or big integers. */
export function jsonSafe(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' || typeof value === 'symbol' || value === undefined ? null : value;
  }
  if (depth >= maxDepth) return '…';
  if (Array.isArray(value)) return value.map(item => jsonSafe(item, depth + 1));
  const record = value as Record<string, unknown>;
  const names = Object.keys(record).sort();
  // From entries and not by assignment: a key named __proto__ stays a key.
  return Object.fromEntries(names.map(name => [name, jsonSafe(record[name], depth + 1)]));
}

/** Returns the SHA-256, in hex, of the value as canonical JSON. The order of keys does not matter. */
export function contentHash(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(jsonSafe(value)))
    .digest('hex');
}
