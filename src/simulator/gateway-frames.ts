import type { JsonObject } from './json.ts';

/** The error of a response frame. Clients branch on `details.code`, else `details.reason`, else `code`. */
export interface FrameError {
  code: string;
  message: string;
  details?: JsonObject;
  retryable?: boolean;
  retryAfterMs?: number;
}

export type Reply = { ok: true; payload: unknown } | { ok: false; error: FrameError; payload?: unknown };

export const done = (payload: unknown): Reply => ({ ok: true, payload });
export const refused = (code: string, message: string, more: Omit<FrameError, 'code' | 'message'> = {}): Reply => ({
  ok: false,
  error: { code, message, ...more },
});
export const invalid = (message: string, details?: JsonObject): Reply =>
  refused('INVALID_REQUEST', message, details === undefined ? {} : { details });

export function missingScope(scope: string): Reply {
  const details = { code: 'MISSING_SCOPE', missingScope: scope, requiredScopes: [scope] };
  return refused('FORBIDDEN', `missing scope: ${scope}`, { details });
}

export function restarting(): Reply {
  return refused('UNAVAILABLE', 'gateway is restarting; retry shortly', {
    retryable: true,
    retryAfterMs: 1000,
    details: { reason: 'gateway-restarting' },
  });
}

type Field = 'text' | 'string' | 'integer' | 'boolean' | 'array' | 'object';
/** Field names with their types. `?` marks an optional field. */
export type Shape = Record<string, Field | `${Field}?`>;

const tests: Record<Field, (value: unknown) => boolean> = {
  text: value => typeof value === 'string' && value.length > 0,
  string: value => typeof value === 'string',
  integer: value => Number.isInteger(value) && Number(value) >= 0,
  boolean: value => typeof value === 'boolean',
  array: Array.isArray,
  object: value => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/**
 * Returns null when the value has exactly this shape, else what is wrong. Objects in params are closed: an unknown
 * property is an error.
 */
export function violation(value: unknown, shape: Shape, path = 'root'): string | null {
  if (!tests.object(value)) return `at ${path}: must be object`;
  const fields = value as JsonObject;
  for (const key of Object.keys(fields)) {
    if (!(key in shape)) return `at ${path}: unexpected property '${key}'`;
  }
  for (const [key, type] of Object.entries(shape)) {
    const optional = type.endsWith('?');
    const field = type.replace('?', '') as Field;
    if (fields[key] === undefined ? !optional : !tests[field](fields[key])) {
      return fields[key] === undefined
        ? `at ${path}: must have required property '${key}'`
        : `at /${key}: must be ${field}`;
    }
  }
  return null;
}
