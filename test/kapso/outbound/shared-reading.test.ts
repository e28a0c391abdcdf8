import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSharedReading, type ReadSent } from '../../../src/kapso/outbound/shared-reading.ts';
import { waits } from '../../../src/waits.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';

const never = new AbortController().signal;
const { apart } = waits.replyLookUp;

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

describe('a reading of the list of sent messages', () => {
  it('serves all who ask before it begins, from the earliest time that one of them needs', async () => {
    const found = [read(500, never), read(300, never), read(400, never)];
    const request = await nextRequest();
    expect(request.since).toBe(300);
    request.answer(['row']);
    expect(await Promise.all(found)).toEqual(found.map(() => ({ since: 300, rows: ['row'] })));
  });

  it('serves nobody who asks after it began: what arrived since is not in it', async () => {
    const first = read(500, never);
    const request = await nextRequest();
    const second = read(500, never);
    request.answer([]);
    expect(await first).toEqual({ since: 500, rows: [] });
    clock.advance(apart);
    (await nextRequest()).answer(['new']);
    expect(await second).toEqual({ since: 500, rows: ['new'] });
  });

  it('begins no sooner than a second after the one before, whoever asks', async () => {
    const first = read(1, never);
    (await nextRequest()).answer([]);
    await first;
    const others = [read(1, never), read(2, never)];
    clock.advance(apart - 1);
    await setImmediate();
    expect(asked).toEqual([]);
    clock.advance(1);
    (await nextRequest()).answer([]);
    await Promise.all(others);
  });

  it('fails for all whom it serves, and the next one does not', async () => {
    const failing = [read(1, never), read(1, never)];
    (await nextRequest()).fail(new Error('503'));
    for (const one of failing) await expect(one).rejects.toThrow('503');
    const next = read(1, never);
    clock.advance(apart);
    (await nextRequest()).answer([]);
    expect(await next).toEqual({ since: 1, rows: [] });
  });

  it('goes on when one of those who asked leaves, and ends with the last of them', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const found = [read(1, one.signal), read(1, two.signal)];
    const request = await nextRequest();
    one.abort(new Error('the first left'));
    await expect(found[0]).rejects.toThrow('the first left');
    request.answer(['row']);
    expect(await found[1]).toEqual({ since: 1, rows: ['row'] });

    const last = read(1, two.signal);
    await setImmediate();
    two.abort(new Error('the last left'));
    await expect(last).rejects.toThrow('the last left');
    const after = read(1, never);
    clock.advance(apart);
    (await nextRequest()).answer([]);
    await after;
  });
});
