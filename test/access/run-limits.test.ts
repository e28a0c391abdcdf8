import { describe, expect, it } from 'vitest';
import { createRunLimits } from '../../src/access/run-limits.ts';
import { manualClock } from '../manual-clock.ts';

const none = {
  ...{ messagesPerMinute: 0, bytesPerMinute: 0, runsPerMinute: 0 },
  ...{ totalMessagesPerMinute: 0, totalBytesPerMinute: 0, totalRunsPerMinute: 0 },
};

function start(given: Partial<typeof none>) {
  const clock = manualClock(0);
  const changes: string[] = [];
  const limits = createRunLimits({
    clock,
    settings: () => ({ ...none, ...given }),
    onSlowed: (contact, wait) => changes.push(`${contact} ${wait}`),
  });
  let count = 0;
  const begin = (contact: string, more: { bytes?: number; messages?: number; id?: string } = {}) =>
    limits.wait({ id: `${++count}`, lane: contact, contact, messages: 1, bytes: 10, ...more });
  return { clock, limits, changes, begin };
}

describe('runs', () => {
  it('begin at once where no rate is set', () => {
    const { begin } = start({});
    for (let run = 0; run < 1000; run += 1) expect(begin('a', { bytes: 1e9 })).toBe(0);
  });

  it('of a contact begin as fast as its rates allow, the slowest of them', () => {
    const { begin, limits } = start({ messagesPerMinute: 60, runsPerMinute: 2, bytesPerMinute: 1000 });
    expect(begin('a', { bytes: 1000 })).toBe(0);
    expect(begin('a', { bytes: 10 })).toBe(600);
    expect(begin('b')).toBe(0);
    expect(begin('b')).toBe(0);
    expect(begin('b')).toBe(30_000);
    limits.count({ contact: 'c', messages: 90, bytes: 0 });
    expect(begin('c')).toBe(31_000);
  });

  it('that wait keep their place when they are asked for again', () => {
    const { begin, clock } = start({ runsPerMinute: 1 });
    begin('a');
    expect(begin('a', { id: 'x' })).toBe(60_000);
    clock.advance(20_000);
    expect(begin('a', { id: 'x' })).toBe(40_000);
    clock.advance(40_000);
    expect(begin('a', { id: 'x' })).toBe(0);
    expect(begin('a', { id: 'y' })).toBe(60_000);
  });

  it('of a message that is tried again count as runs only', () => {
    const { begin } = start({ messagesPerMinute: 1, runsPerMinute: 10 });
    expect(begin('a')).toBe(0);
    expect(begin('a', { messages: 0, bytes: 0 })).toBe(0);
    expect(begin('a')).toBe(60_000);
  });

  it('of all together give every contact its turn behind one run of another', () => {
    const { begin, clock } = start({ totalRunsPerMinute: 60 });
    for (let run = 0; run < 60; run += 1) expect(begin('flood')).toBe(0);
    expect(begin('flood', { id: 'next' })).toBe(1000);
    expect(begin('other')).toBe(2000);
    clock.advance(1000);
    expect(begin('flood', { id: 'next' })).toBe(0);
    expect(begin('flood')).toBe(2000);
  });

  it('say once an hour at most that a contact waits for its own rates', () => {
    const { begin, clock, changes } = start({ runsPerMinute: 1, totalRunsPerMinute: 4 });
    for (const id of ['1', '2', '2', '3']) begin('a', { id });
    expect(changes).toEqual(['a 60000']);
    for (const contact of ['b', 'c']) begin(contact);
    clock.advance(60 * 60_000);
    begin('a');
    expect(changes).toEqual(['a 60000']);
    begin('a');
    expect(changes).toEqual(['a 60000', 'a 60000']);
  });
});
