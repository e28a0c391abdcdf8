import { expect, it } from 'vitest';
import { createRequestRate } from '../../../src/intake/polling/request-rate.ts';
import { manualClock } from '../../manual-clock.ts';

it('lets a burst go at once, and then so many a second, whatever the time of day does', async () => {
  const clock = manualClock(0);
  const mayAsk = createRequestRate({ burst: 3, perSecond: 2 }, clock, new AbortController().signal);
  for (let request = 0; request < 3; request += 1) await mayAsk();
  expect(clock.pending()).toEqual([]);
  for (let request = 0; request < 4; request += 1) {
    const next = mayAsk();
    clock.set(-86_400_000);
    expect(clock.pending().map(due => due - clock.now())).toEqual([500]);
    clock.advance(500);
    await next;
  }
  clock.advance(60_000);
  for (let request = 0; request < 3; request += 1) await mayAsk();
  expect(clock.pending()).toEqual([]);
});

it('ends a wait when everything ends', async () => {
  const clock = manualClock(0);
  const stopping = new AbortController();
  const mayAsk = createRequestRate({ burst: 1, perSecond: 1 }, clock, stopping.signal);
  await mayAsk();
  const next = mayAsk();
  stopping.abort(new Error('stopping'));
  await expect(next).rejects.toThrow('stopping');
});
