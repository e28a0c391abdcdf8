import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSharedReading, type ReadSent } from '../../../src/kapso/outbound/shared-reading.ts';
import { waits } from '../../../src/waits.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';

const never = new AbortController().signal;
const { shared, longest } = waits.replyLookUp;

let clock: ManualClock;
let read: ReadSent;
/** The requests of the list that wait for their answer. */
let asked: { since: number; answer: (rows: unknown[]) => void; fail: (error: Error) => void }[];

beforeEach(() => {
  clock = manualClock(0);
  asked = [];
  read = createSharedReading({
    clock,
    list: ({ since, signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        asked.push({ since, answer: rows => resolve({ rows, after: null }), fail: reject });
      }),
  });
});

async function nextRequest() {
  await setImmediate();
  const request = asked.shift();
  if (request === undefined) throw new Error('nothing was asked');
  expect(asked).toEqual([]);
  return request;
}

const has = (since: number, rows: unknown[], begun = clock.monotonic()) => ({ since, rows, begun });

describe('a reading of the list of sent messages', () => {
  it('serves all who ask before it begins, from the earliest time that one of them needs', async () => {
    const found = [read(500, never), read(300, never), read(400, never)];
    const request = await nextRequest();
    expect(request.since).toBe(300);
    request.answer(['row']);
    expect(await Promise.all(found)).toEqual(found.map(() => has(300, ['row'])));
  });

  it('serves those who ask soon after it began, and says when that was', async () => {
    const first = read(500, never);
    const request = await nextRequest();
    clock.advance(shared - 1);
    const during = read(600, never);
    request.answer(['row']);
    await first;
    const after = read(500, never);
    expect(await Promise.all([during, after])).toEqual([has(500, ['row'], 0), has(500, ['row'], 0)]);
    clock.advance(1);
    const later = read(500, never);
    (await nextRequest()).answer(['row', 'new']);
    expect(await later).toEqual(has(500, ['row', 'new']));
  });

  it('serves nobody who needs older rows: they are in the next, and in those after it', async () => {
    const first = read(500, never);
    (await nextRequest()).answer([]);
    await first;
    const older = read(400, never);
    const request = await nextRequest();
    expect(request.since).toBe(400);
    request.answer(['old']);
    expect(await older).toEqual(has(400, ['old']));
    clock.advance(shared);
    const newer = read(500, never);
    (await nextRequest()).answer(['old', 'new']);
    expect(await newer).toEqual(has(400, ['old', 'new']));
    clock.advance(longest);
    const much = read(500, never);
    (await nextRequest()).answer(['new']);
    expect(await much).toEqual(has(500, ['new']));
  });

  it('goes on one at a time', async () => {
    const first = read(500, never);
    const request = await nextRequest();
    clock.advance(shared);
    const second = read(500, never);
    await setImmediate();
    expect(asked).toEqual([]);
    request.answer([]);
    await first;
    (await nextRequest()).answer(['row']);
    expect(await second).toEqual(has(500, ['row']));
  });

  it('fails for all whom it serves, and the next one does not', async () => {
    const failing = [read(1, never), read(1, never)];
    (await nextRequest()).fail(new Error('503'));
    for (const one of failing) await expect(one).rejects.toThrow('503');
    clock.advance(shared);
    const next = read(1, never);
    (await nextRequest()).answer([]);
    expect(await next).toEqual(has(1, []));
  });

  it('goes on when one of those who asked leaves, and ends with the last of them', async () => {
    const [one, two, three] = [new AbortController(), new AbortController(), new AbortController()];
    const found = [read(1, one.signal), read(1, two.signal)];
    const request = await nextRequest();
    one.abort(new Error('the first left'));
    await expect(found[0]).rejects.toThrow('the first left');
    request.answer(['row']);
    expect(await found[1]).toEqual(has(1, ['row']));
    clock.advance(shared);

    const last = read(1, three.signal);
    await nextRequest();
    three.abort(new Error('the last left'));
    await expect(last).rejects.toThrow('the last left');
    const after = read(1, never);
    (await nextRequest()).answer([]);
    expect(await after).toEqual(has(1, []));
  });
});
