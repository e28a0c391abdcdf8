import { describe, expect, it } from 'vitest';
import { createArrivalLimits } from '../../src/access/arrival-limits.ts';
import { manualClock } from '../manual-clock.ts';

const none = { messagesPerMinute: 0, bytesPerMinute: 0, totalMessagesPerMinute: 0, totalBytesPerMinute: 0 };

function start(given: Partial<typeof none> & { waiting?: number }) {
  const clock = manualClock(0);
  const settings = { ...none, waiting: 5, ...given };
  const changes: string[] = [];
  const limits = createArrivalLimits({
    clock,
    settings: () => settings,
    onBeyond: ({ contact }) => changes.push(`${contact} beyond`),
    onWithin: contact => changes.push(`${contact} within`),
  });
  let count = 0;
  /** Returns how many of so many messages are beyond. */
  const write = (contact: string, messages: number, bytes = 10) => {
    const answers = Array.from({ length: messages }, () => limits.isBeyond({ id: `${++count}`, contact, bytes }));
    return answers.filter(isBeyond => isBeyond).length;
  };
  return { clock, settings, limits, changes, write };
}

describe('what may wait', () => {
  it('is any number of messages where no rate is set: a backlog of any size is kept', () => {
    const { write, changes } = start({ waiting: 1 });
    expect(write('a', 50_000)).toBe(0);
    expect(changes).toEqual([]);
  });

  it('is what is within the rate, and so many messages beyond it of each contact', () => {
    const { write, changes } = start({ messagesPerMinute: 10 });
    expect(write('a', 20)).toBe(5);
    expect(write('b', 15)).toBe(0);
    expect(write('b', 1)).toBe(1);
    expect(changes).toEqual(['a beyond', 'b beyond']);
  });

  it('is any number where it is set to 0', () => {
    expect(start({ messagesPerMinute: 10, waiting: 0 }).write('a', 1000)).toBe(0);
  });

  it('grows again with the time, and what was beyond takes nothing of it', () => {
    const { write, clock } = start({ messagesPerMinute: 10 });
    write('a', 1000);
    clock.advance(6000);
    expect(write('a', 2)).toBe(1);
    clock.advance(30_000);
    expect(write('a', 6)).toBe(1);
  });

  it('is told once, until its sender writes within the rate again', () => {
    const { write, clock, changes } = start({ messagesPerMinute: 10 });
    write('a', 50);
    clock.advance(6000);
    write('a', 50);
    expect(changes).toEqual(['a beyond']);
    clock.advance(10 * 60_000);
    write('a', 1);
    write('a', 50);
    expect(changes).toEqual(['a beyond', 'a within', 'a beyond']);
  });

  it('is told to be over by and by, though nobody writes', () => {
    const { limits, write, clock, changes } = start({ messagesPerMinute: 10 });
    write('a', 50);
    clock.advance(29_999);
    limits.tick();
    expect(changes).toEqual(['a beyond']);
    clock.advance(1);
    for (let time = 0; time < 2; time += 1) limits.tick();
    expect(changes).toEqual(['a beyond', 'a within']);
  });

  it('is told to be over when others write, though its sender never does again', () => {
    const { write, clock, changes } = start({ messagesPerMinute: 10 });
    for (let contact = 0; contact < 100; contact += 1) write(`${contact}`, 50);
    clock.advance(10 * 60_000);
    write('other', 10);
    clock.advance(10 * 60_000);
    for (let contact = 0; contact < 100; contact += 1) write(`other ${contact}`, 1);
    expect(changes.filter(change => change.endsWith('within'))).toHaveLength(100);
  });

  it('is counted in bytes too', () => {
    const { write } = start({ bytesPerMinute: 1000 });
    expect(write('a', 16, 100)).toBe(1);
    expect(write('b', 6, 1_000_000)).toBe(0);
    expect(write('b', 1, 1)).toBe(1);
  });

  it('of all together is exceeded by who floods, and not by who writes beside it', () => {
    const { write } = start({ totalMessagesPerMinute: 10 });
    expect(write('a', 1000)).toBe(985);
    for (const contact of ['b', 'c', 'd']) expect(write(contact, 3)).toBe(0);
    expect(write('a', 10)).toBe(10);
  });

  it('is decided once for a message, however often it is asked for', () => {
    const { limits, write } = start({ messagesPerMinute: 10 });
    for (let time = 0; time < 50; time += 1)
      expect(limits.isBeyond({ id: 'same', contact: 'a', bytes: 1 })).toBe(false);
    expect(write('a', 14)).toBe(0);
    expect(write('a', 1)).toBe(1);
  });
});
