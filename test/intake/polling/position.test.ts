import { describe, expect, it } from 'vitest';
import { nextPosition, readServerTime, startOfFirstPass, startOfPass } from '../../../src/intake/polling/position.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const overlap = 5 * minute;
/** The true time. */
const now = Date.UTC(2026, 10, 28, 12);
const own1970 = 2 * day;

describe('after a complete pass', () => {
  const before = { cursor: now - 30 * minute, proven: now - 30 * minute };

  it.each([
    ['the clocks agree', { kapso: now, own: now, newest: null }, now - overlap, now - overlap],
    [
      'they agree nearly: the earlier one counts',
      { kapso: now, own: now - 4 * minute, newest: now },
      now - 9 * minute,
      now - 9 * minute,
    ],
    [
      'Kapso is an hour ahead, and nothing came: it stays',
      { kapso: now + hour, own: now, newest: null },
      before.cursor,
      before.proven,
    ],
    [
      'Kapso is an hour ahead: as far as the messages',
      { kapso: now + hour, own: now, newest: now - minute },
      now - 6 * minute,
      now - 6 * minute,
    ],
    [
      'Kapso and its messages are an hour ahead: not beyond the own clock',
      { kapso: now + hour, own: now, newest: now + hour },
      now - overlap,
      now - overlap,
    ],
    [
      'the own clock is years ahead: as far as the messages, and an hour less',
      { kapso: now + 2 * hour, own: now + 7300 * day, newest: now + hour },
      now - overlap,
      now - overlap,
    ],
    [
      'the own clock is years ahead, and nothing came: it stays',
      { kapso: now, own: now + 7300 * day, newest: null },
      before.cursor,
      before.proven,
    ],
    [
      'Kapso is behind: the own clock says nothing of it, and it stays',
      { kapso: now - 20 * minute, own: now, newest: now },
      before.cursor,
      before.proven,
    ],
    [
      'a message claims the next century',
      { kapso: now, own: now + 6 * minute, newest: now + 7300 * day },
      before.cursor,
      before.proven,
    ],
    [
      'Kapso tells no time: as far as the messages',
      { kapso: null, own: now, newest: now - minute },
      now - 6 * minute,
      now - 6 * minute,
    ],
    [
      'Kapso tells no time, and the own clock is in 1970',
      { kapso: null, own: own1970, newest: now },
      before.cursor,
      before.proven,
    ],
    ['nobody tells anything', { kapso: null, own: now, newest: null }, before.cursor, before.proven],
  ])('%s', (_, evidence, cursor, proven) => {
    expect(nextPosition(before, evidence, overlap)).toEqual({ cursor, proven });
  });

  it('an own clock in 1970 does not hold it back for ever, but proves nothing', () => {
    const long = { cursor: now - 3 * day, proven: now - 3 * day };
    expect(nextPosition(long, { kapso: now, own: own1970, newest: now - minute }, overlap)).toEqual({
      cursor: now - minute - overlap - hour,
      proven: long.proven,
    });
  });

  it('never moves back, and proves something also where nothing was proven before', () => {
    const ahead = { cursor: now, proven: null };
    expect(nextPosition(ahead, { kapso: now, own: now, newest: null }, overlap)).toEqual({
      cursor: now,
      proven: now - overlap,
    });
  });
});

describe('a pass starts', () => {
  it.each([
    ['at its position', { cursor: now - hour, proven: now - hour, kept: null }, { kapso: now, own: now }, now - hour],
    [
      'at its position, whatever the own clock says',
      { cursor: now - hour, proven: null, kept: null },
      { kapso: now, own: own1970 },
      now - hour,
    ],
    [
      'at its position, where nobody tells the time',
      { cursor: now + hour, proven: now, kept: null },
      { kapso: null, own: now + day },
      now + hour,
    ],
    [
      'at the proven one where its own lies ahead',
      { cursor: now + 3 * hour, proven: now - 20 * minute, kept: null },
      { kapso: now, own: now },
      now - 20 * minute,
    ],
    [
      'behind the newest message kept, where none was proven',
      { cursor: now + 3 * hour, proven: null, kept: now - 2 * hour },
      { kapso: now, own: now },
      now - 2 * hour - overlap,
    ],
    [
      'a day back at most',
      { cursor: now + 3 * hour, proven: null, kept: now - 90 * day },
      { kapso: now, own: now },
      now - day - overlap,
    ],
    [
      'behind the present where nothing is known',
      { cursor: now + 365 * day, proven: null, kept: null },
      { kapso: now, own: now },
      now - overlap,
    ],
  ])('%s', (_, position, evidence, start) => {
    expect(startOfPass(position, evidence, overlap)).toBe(start);
  });

  it.each([
    [
      'by Kapso’s clock',
      own1970,
      { own: own1970, elapsed: minute, listed: false },
      { kapso: now, own: own1970 + minute },
      now - minute,
    ],
    [
      'at the time noted where the clocks agree',
      now - minute,
      { own: now - minute, elapsed: minute, listed: false },
      { kapso: now, own: now },
      now - minute,
    ],
    [
      'a day back at most, where the clock was set between two lives',
      own1970,
      { own: own1970, elapsed: null, listed: false },
      { kapso: now, own: now },
      now - day,
    ],
    [
      'at its true time, when Kapso’s clock was ahead in the first pass',
      now + 3 * hour,
      { own: now - 20 * minute, elapsed: null, listed: true },
      { kapso: now, own: now },
      now - 20 * minute,
    ],
    [
      'never later than it once was',
      now - hour,
      { own: now - hour, elapsed: hour, listed: true },
      { kapso: now + hour, own: now },
      now - hour,
    ],
  ])('the very first time %s', (_, cursor, first, evidence, start) => {
    expect(startOfFirstPass(cursor, first, evidence)).toBe(start);
  });
});

it.each([
  [null, null],
  [0, null],
  [Date.UTC(2025, 11, 31), null],
  [now, now],
])('a Date header of %s is read as %s', (header, time) => {
  expect(readServerTime(header)).toBe(time);
});
