import { describe, expect, test } from 'vitest';
import { readFailure } from '../../../src/intake/registration/registration-failure.ts';
import { KapsoApiError, KapsoNetworkError } from '../../../src/kapso/http/errors.ts';

const secret = 'signs-everything';
const read = (error: unknown, failures = 1) => readFailure(error, { failures, secret, random: () => 0.5 });
const refused = (disposition: 'auth' | 'wait', retryAfter: number | null = null) =>
  new KapsoApiError('no', { httpStatus: 400, metaCode: null, retryAfter, disposition, hint: `not with ${secret}` });

describe('a registration that failed', () => {
  test('is tried again after pauses that double, up to a quarter of an hour', () => {
    const pauses = [1, 2, 3, 20].map(failures => read(new KapsoNetworkError('no', 'away'), failures).pause);
    expect(pauses).toEqual([5_000, 10_000, 20_000, 900_000]);
  });

  test('waits for the operator where only that is of use', () => {
    expect(read(refused('auth')).pause).toBe(300_000);
    expect(read(refused('auth'), 20).pause).toBe(900_000);
  });

  test('waits as long as Kapso asks, and says where that is more than is kept to', () => {
    expect(read(refused('wait', 60_000))).toMatchObject({ pause: 60_000, asked: null });
    expect(read(refused('wait', 3_600_000))).toMatchObject({
      pause: 900_000,
      asked: expect.stringContaining('3600 s'),
    });
  });

  test('does not tell the secret, nor what has no hint one', () => {
    expect(read(refused('auth'))).toMatchObject({ hint: 'not with [secret]' });
    expect(read(new Error(`it quoted ${secret}`))).toMatchObject({ reason: 'it quoted [secret]', hint: null });
  });
});
