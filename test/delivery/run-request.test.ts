import { expect, it } from 'vitest';
import { ageOf, runKeyOf } from '../../src/delivery/run-request.ts';

it.each([
  [1, 'wamid.A'],
  [2, 'wamid.A:2'],
  [12, 'wamid.A:12'],
])('run %i of a message has a key of its own', (runNumber, key) => {
  expect(runKeyOf('wamid.A', runNumber)).toBe(key);
});

it.each([
  ["by Kapso's clock", { received: 1000, written: 900, now: 5_000_000, kapsoNow: 1500 }, 600],
  ['by this clock since it came', { received: 1000, written: 900, now: 1500, kapsoNow: null }, 500],
  [
    'by this clock since it was written, where it came before that',
    { received: 0, written: 900, now: 1500, kapsoNow: null },
    600,
  ],
])('the age of a message is told %s', (_, { received, written, now, kapsoNow }, age) => {
  expect(ageOf(received, { timestamp: written }, { now, kapsoNow })).toBe(age);
});
