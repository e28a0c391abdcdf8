import { describe, expect, it } from 'vitest';
import { follow, type Incident } from '../../src/problems/incidents.ts';
import type { Problem, ProblemCode } from '../../src/problems/table.ts';

const minute = 60_000;
const after = 10 * minute;
const start = Date.UTC(2026, 10, 28, 12);

const problem = (code: ProblemCode, count = 1): Problem => ({ code, says: `${count} of ${code}`, hint: null, count });

/** Follows one problem after the other; returns what was told, as `state code count`. */
function history(undecided: readonly string[] = []) {
  let incidents: readonly Incident[] = [];
  let dueIn: number | null = null;
  return {
    /** `at`: milliseconds since the start. */
    see(at: number, problems: readonly Problem[], unknown = undecided): string[] {
      const followed = follow(incidents, { problems, undecided: unknown }, { now: start + at, after });
      // As it comes back from the disk.
      incidents = JSON.parse(JSON.stringify(followed.incidents));
      dueIn = followed.dueIn;
      return followed.told.map(({ state, incident: { code, count } }) => `${state} ${code} ${count}`);
    },
    dueIn: () => dueIn,
    incidents: () => incidents,
  };
}

describe('a problem that must last', () => {
  it('is told when its time is over, once, and so is its end', () => {
    const seen = history();
    expect(seen.see(0, [problem('gateway-away')])).toEqual([]);
    expect(seen.dueIn()).toBe(after);
    expect(seen.see(after - 1, [problem('gateway-away')])).toEqual([]);
    expect(seen.see(after, [problem('gateway-away')])).toEqual(['problem gateway-away 1']);
    expect(seen.dueIn()).toBeNull();
    for (let hour = 1; hour < 50; hour += 1)
      expect(seen.see(hour * 60 * minute, [problem('gateway-away')])).toEqual([]);
    expect(seen.see(60 * 60 * minute, [])).toEqual(['over gateway-away 1']);
    expect(seen.see(61 * 60 * minute, [])).toEqual([]);
  });

  it('is never told when it ends before, however often it comes', () => {
    const seen = history();
    for (let turn = 0; turn < 20; turn += 1) {
      expect(seen.see(turn * 10 * minute, [problem('gateway-away')])).toEqual([]);
      expect(seen.see(turn * 10 * minute + 9 * minute, [])).toEqual([]);
    }
  });

  it('goes on over a start after which nothing is known yet, from its first moment', () => {
    const seen = history();
    seen.see(0, [problem('gateway-away')]);
    expect(seen.see(4 * minute, [], ['gateway-away'])).toEqual([]);
    expect(seen.see(after, [problem('gateway-away')])).toEqual(['problem gateway-away 1']);
    expect(seen.see(after + minute, [], ['gateway-away'])).toEqual([]);
    expect(seen.see(after + 2 * minute, [problem('gateway-away')])).toEqual([]);
    expect(seen.see(after + 3 * minute, [])).toEqual(['over gateway-away 1']);
  });

  it('is not made longer by a clock that was set back', () => {
    const seen = history();
    seen.see(0, [problem('gateway-away')]);
    seen.see(-60 * minute, [problem('gateway-away')]);
    expect(seen.see(-50 * minute, [problem('gateway-away')])).toEqual(['problem gateway-away 1']);
  });
});

describe('a problem that is told at once', () => {
  it('is told at the first sight of it', () => {
    expect(history().see(0, [problem('key-refused')])).toEqual(['problem key-refused 1']);
  });

  it('is one although it shows in two places', () => {
    expect(history().see(0, [problem('key-refused'), problem('key-refused')])).toEqual(['problem key-refused 2']);
  });
});

describe('a storm of failures', () => {
  it('is one alert with its number, when it has calmed down', () => {
    const seen = history();
    const told: string[] = [];
    for (let at = 0; at <= 30_000; at += 1000) told.push(...seen.see(at, [problem('messages-failed', 1 + at / 1000)]));
    expect(told).toEqual([]);
    for (let at = 31_000; at <= 45_000; at += 1000) told.push(...seen.see(at, [problem('messages-failed', 31)]));
    expect(told).toEqual(['problem messages-failed 31']);
  });

  it('is told after a minute although it goes on', () => {
    const seen = history();
    const told: string[] = [];
    for (let at = 0; at <= 30 * minute; at += 5000) told.push(...seen.see(at, [problem('messages-failed', 1 + at)]));
    expect(told).toEqual([`problem messages-failed ${1 + minute}`]);
  });

  it('is told again only when more follows after an hour without', () => {
    const seen = history();
    seen.see(0, [problem('messages-failed', 2)]);
    expect(seen.see(10_000, [problem('messages-failed', 2)])).toEqual(['problem messages-failed 2']);
    expect(seen.see(50 * minute, [problem('messages-failed', 3)])).toEqual([]);
    expect(seen.see(100 * minute, [problem('messages-failed', 4)])).toEqual([]);
    expect(seen.see(161 * minute, [problem('messages-failed', 5)])).toEqual([]);
    expect(seen.dueIn()).toBe(10_000);
    expect(seen.see(162 * minute, [problem('messages-failed', 5)])).toEqual(['problem messages-failed 5']);
    // An operator drops some.
    expect(seen.see(300 * minute, [problem('messages-failed', 1)])).toEqual([]);
    expect(seen.see(301 * minute, [])).toEqual(['over messages-failed 1']);
  });
});

it('what is shown and never told stays so', () => {
  const seen = history();
  expect(seen.see(0, [problem('message-failing', 9)])).toEqual([]);
  expect(seen.see(99 * after, [problem('message-failing', 9)])).toEqual([]);
  expect(seen.see(100 * after, [])).toEqual([]);
});

it('of several numbers each is told, and is over, by itself', () => {
  const of = (account: string): Problem => ({ ...problem('key-refused'), account });
  const seen = history();
  expect(seen.see(0, [of('sales')])).toEqual(['problem key-refused 1']);
  expect(seen.see(1, [of('sales'), of('support')])).toEqual(['problem key-refused 1']);
  expect(seen.incidents().map(({ account }) => account)).toEqual(['sales', 'support']);
  // Of one it is not known whether it is there.
  expect(seen.see(2, [], ['key-refused.sales'])).toEqual(['over key-refused 1']);
  expect(seen.incidents().map(({ account }) => account)).toEqual(['sales']);
  expect(seen.see(3, [])).toEqual(['over key-refused 1']);
});
