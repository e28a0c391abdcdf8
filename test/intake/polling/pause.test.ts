import { describe, expect, it } from 'vitest';
import { pauseAfter } from '../../../src/intake/polling/pause.ts';
import { KapsoApiError, KapsoNetworkError } from '../../../src/kapso/http/errors.ts';

const at = { interval: 30_000, random: () => 0.5 };
const dispositions = { 401: 'auth', 404: 'permanent', 429: 'retry', 503: 'retry' } as const;
const answer = (httpStatus: keyof typeof dispositions, retryAfter: number | null = null) => {
  const disposition = dispositions[httpStatus];
  return new KapsoApiError(`HTTP ${httpStatus}`, { httpStatus, metaCode: null, retryAfter, disposition });
};

describe('after a page that could not be had', () => {
  it('the pause is the interval, and twice as long after each further failure, up to five minutes', () => {
    const pauses = [1, 2, 3, 4, 5, 6].map(failures => pauseAfter(new Error('no'), failures, at).ms);
    expect(pauses).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  it('it is five minutes at once where only an operator can help', () => {
    expect(pauseAfter(answer(401), 1, at)).toMatchObject({ ms: 300_000, needsOperator: true, givesUp: false });
  });

  it('it is what Kapso asks for, no less than a second, and at most five minutes', () => {
    expect(pauseAfter(answer(429, 7000), 1, at)).toMatchObject({ ms: 7000, asked: null });
    expect(pauseAfter(answer(429, 1), 1, at)).toMatchObject({ ms: 1000 });
    expect(pauseAfter(answer(429, 0), 1, at)).toMatchObject({ ms: 30_000 });
    expect(pauseAfter(answer(429, 86_400_000), 1, at)).toMatchObject({ ms: 300_000, asked: expect.any(String) });
  });

  it('the pass is given up after five refusals of the page as such, and never for a Kapso that is away', () => {
    expect(pauseAfter(answer(404), 4, at).givesUp).toBe(false);
    expect(pauseAfter(answer(404), 5, at).givesUp).toBe(true);
    expect(pauseAfter(answer(503), 50, at).givesUp).toBe(false);
  });

  it('the message says what can be done', () => {
    const error = new KapsoNetworkError('no', 'GET kapso: ENOTFOUND', { hint: 'look at the name server' });
    expect(pauseAfter(error, 1, at).message).toBe('GET kapso: ENOTFOUND; look at the name server');
  });
});
