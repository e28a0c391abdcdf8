import { expect, test } from 'vitest';
import { diagnose } from '../../src/doctor/diagnose.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { KapsoWhatsappError } from '../../src/errors.ts';
import { manualClock } from '../manual-clock.ts';

test('a check that never ends has failed after its time, and the next one is made', async () => {
  const clock = manualClock(1_000);
  const hangs = Promise.withResolvers<AbortSignal>();
  let late: () => void = () => undefined;
  const looking = diagnose(
    [
      {
        name: 'one',
        run: (report, signal) => {
          late = () => report.ok('too late');
          hangs.resolve(signal);
          return new Promise(() => undefined);
        },
      },
      { name: 'two', run: async report => report.ok('is well') },
    ],
    { clock, limit: 5_000, onFinding: () => undefined },
  );
  const signal = await hangs.promise;
  clock.advance(5_000);
  const found = await looking;
  expect(found.map(({ check, level, says }) => [check, level, says])).toEqual([
    ['one', 'fail', 'no end after 5 s'],
    ['two', 'ok', 'is well'],
  ]);
  expect(signal.aborted).toBe(true);
  late();
  expect(found).toHaveLength(2);
});

test('an error is a failure with its hint and its code; a defect says so', async () => {
  const found: Finding[] = [];
  await diagnose(
    [
      {
        name: 'one',
        run: async () => {
          throw new KapsoWhatsappError('STORE_FULL', 'the disk is full', { hint: 'Make space' });
        },
      },
      {
        name: 'two',
        run: async () => {
          throw new TypeError('x is not a function');
        },
      },
    ],
    { clock: manualClock(1_000), onFinding: finding => found.push(finding) },
  );
  expect(found).toEqual([
    { check: 'one', level: 'fail', says: 'the disk is full', todo: 'Make space', code: 'STORE_FULL' },
    {
      check: 'two',
      level: 'fail',
      says: 'x is not a function',
      todo: 'Report it, with the whole message',
      code: 'DEFECT',
    },
  ]);
});
