import { expect, it } from 'vitest';
import { ageOf, leftAfter, newMark } from '../../src/delivery/reply-marks.ts';

const at = Date.UTC(2026, 10, 28, 12);
const hour = 3_600_000;
const leeway = 30_000;

it('two marks of one reply differ, and each fits into what WhatsApp takes', () => {
  const mark = newMark('wamid.1#1/1', { now: at, kapsoNow: at });
  expect(newMark('wamid.1#1/1', { now: at + 1, kapsoNow: at })).not.toBe(mark);
  expect(mark).toMatch(/^reply-wamid\.1#1\/1-/);
  expect(newMark('x'.repeat(600), { now: at, kapsoNow: at }).length).toBeLessThanOrEqual(512);
});

it.each([
  { clocks: 'both', own: at, kapso: at, expected: at - leeway },
  { clocks: 'one ahead here', own: at + 30 * hour, kapso: at, expected: at - leeway },
  { clocks: 'one ahead at Kapso', own: at, kapso: at + 30 * hour, expected: at - leeway },
  { clocks: 'only its own', own: at, kapso: null, expected: null },
])('a reply left after the earlier of two times: $clocks', ({ own, kapso, expected }) => {
  const mark = newMark('r', { now: own, kapsoNow: kapso });
  expect(leftAfter(mark, own)).toBe(expected);
  expect(leftAfter(`${mark}-t`, own)).toBe(expected);
});

it.each([
  { clocks: 'both', now: at + hour, kapsoNow: at + hour, expected: hour },
  { clocks: 'one set forward here', now: at + 30 * hour, kapsoNow: at + hour, expected: hour },
  { clocks: 'one ahead at Kapso', now: at + hour, kapsoNow: at + 30 * hour, expected: hour },
  { clocks: 'one set back', now: at - hour, kapsoNow: at + hour, expected: -hour },
  { clocks: 'only its own', now: at + hour, kapsoNow: null, expected: null },
])('its age is the smaller of two: $clocks', ({ now, kapsoNow, expected }) => {
  expect(ageOf(newMark('r', { now: at, kapsoNow: at }), at, { now, kapsoNow })).toBe(expected);
});

it('a mark without a time, or of an earlier version, tells none', () => {
  expect([
    leftAfter(null, at),
    leftAfter('reply-r-mf3k2a', at),
    leftAfter(newMark('r', { now: at, kapsoNow: at }), null),
  ]).toEqual([null, null, null]);
  expect(ageOf(newMark('r', { now: at, kapsoNow: null }), at, { now: at + 1, kapsoNow: at + 1 })).toBeNull();
});
