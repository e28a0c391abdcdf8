import type { ErrorCode } from '../error-codes.ts';
import { isOurs } from '../errors.ts';

/** `fail`: messages are lost, late or unanswered until somebody acts. `warn`: they may be. */
export type Level = 'ok' | 'warn' | 'fail';

/** What a look at one thing found. */
export interface Finding {
  /** What was looked at: `configuration`, `gateway`. */
  check: string;
  level: Level;
  /** What is so, as a sentence without its full stop. */
  says: string;
  /** What to do about it; null where nothing is to be done. */
  todo: string | null;
  /** What the programs would end with for the same cause; null where they would not. */
  code: ErrorCode | null;
}

/** Findings of one check. */
export interface Report {
  ok(says: string): void;
  warn(says: string, todo: string): void;
  fail(says: string, todo: string, code?: ErrorCode): void;
  /** Takes an error as the cause of a failure. `todo` is for one without a hint. */
  error(error: unknown, todo: string): void;
}

export function createReport(check: string, add: (finding: Finding) => void): Report {
  return {
    ok: says => add({ check, level: 'ok', says, todo: null, code: null }),
    warn: (says, todo) => add({ check, level: 'warn', says, todo, code: null }),
    fail: (says, todo, code) => add({ check, level: 'fail', says, todo, code: code ?? null }),
    error(error, todo) {
      const says = error instanceof Error ? error.message : String(error);
      if (!isOurs(error)) return add({ check, level: 'fail', says, todo, code: 'DEFECT' });
      add({ check, level: 'fail', says, todo: error.hint ?? todo, code: error.code });
    },
  };
}
