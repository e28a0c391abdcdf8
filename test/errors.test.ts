import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../src/config/errors.ts';
import { errorCodes } from '../src/error-codes.ts';
import { exitCodeOf, UsageError } from '../src/errors.ts';
import {
  KapsoApiError,
  KapsoNetworkError,
  KapsoOversizeError,
  SendOutcomeUnknownError,
} from '../src/kapso/http/errors.ts';
import { StoreError } from '../src/store/errors.ts';

const sources = join(import.meta.dirname, '../src');

/** The program as text, without the simulator and without the table itself. */
const program = globSync('**/*.ts', { cwd: sources, exclude: ['simulator/**', 'error-codes.ts'] })
  .map(file => readFileSync(join(sources, file), 'utf8'))
  .join('\n');

describe('an error code', () => {
  // That no code is raised which the table lacks, the compiler sees to: `code` is a key of the table.
  test.each(Object.keys(errorCodes))('%s is one that the program raises, with its area first', code => {
    expect(code).toMatch(
      /^(USAGE|DEFECT|(OUTPUT|OPERATOR|CONFIG|KAPSO|MEDIA|SEND|GATEWAY|STORE|BACKUP|LISTEN|WEBHOOK)(_[A-Z]+)+)$/,
    );
    expect(program).toContain(`'${code}'`);
  });

  test.each(Object.entries(errorCodes))('%s is explained in sentences', (_, { meaning, advice }) => {
    for (const sentence of [meaning, advice]) expect(sentence).toMatch(/^[A-Z`].*\.$/);
  });
});

const apiError = (disposition: KapsoApiError['disposition']) =>
  new KapsoApiError('no', { httpStatus: 400, metaCode: null, retryAfter: 1500, disposition });

test.each([
  [new UsageError('x'), 'USAGE', 64],
  [apiError('permanent'), 'KAPSO_REFUSED', 69],
  [apiError('window'), 'KAPSO_WINDOW_CLOSED', 69],
  [new KapsoNetworkError('no', 'x'), 'KAPSO_UNREACHABLE', 69],
  [new StoreError('STORE_MISSING', 'x'), 'STORE_MISSING', 69],
  [new StoreError('STORE_IO', 'x'), 'STORE_IO', 69],
  [new TypeError('x'), undefined, 70],
  [apiError('retry'), 'KAPSO_UNAVAILABLE', 75],
  [apiError('wait'), 'KAPSO_RATE_LIMITED', 75],
  [new KapsoNetworkError('maybe', 'x'), 'KAPSO_NO_ANSWER', 75],
  [new KapsoOversizeError('x'), 'KAPSO_ANSWER_TOO_LARGE', 75],
  [new SendOutcomeUnknownError('x'), 'SEND_OUTCOME_UNKNOWN', 75],
  [new StoreError('STORE_BUSY', 'x'), 'STORE_BUSY', 75],
  [apiError('auth'), 'KAPSO_UNAUTHORIZED', 77],
  [new StoreError('STORE_DAMAGED', 'x'), 'STORE_DAMAGED', 78],
  [new ConfigError([{ key: 'mode', message: 'x' }]), 'CONFIG_INVALID', 78],
])('%s has the code %s and ends a program with %i', (error, code, exit) => {
  expect((error as { code?: string }).code).toBe(code);
  expect(exitCodeOf(error)).toBe(exit);
});
