import { expect, it } from 'vitest';
import { createCatchUp } from '../../src/intake/catch-up.ts';

function harness() {
  const ends: (() => void)[] = [];
  const catchUp = createCatchUp(() => new Promise(resolve => ends.push(resolve)));
  const end = async () => {
    ends.at(-1)?.();
    await new Promise(resolve => setImmediate(resolve));
  };
  return { catchUp, end, passes: () => ends.length };
}

it('what is asked for during a pass is one more pass, however often it is asked for', async () => {
  const { catchUp, end, passes } = harness();
  const done = catchUp.fetch();
  await catchUp.fetch();
  await catchUp.fetch();
  expect(passes()).toBe(1);
  await end();
  expect(passes()).toBe(2);
  expect(catchUp.underWay()).toBe(true);
  await end();
  await done;
  expect(passes()).toBe(2);
  expect(catchUp.underWay()).toBe(false);
});

it('it is complete once all that was asked for has been fetched, and not while more is', async () => {
  const { catchUp, end } = harness();
  expect(catchUp.complete()).toBe(false);
  void catchUp.fetch();
  await end();
  expect(catchUp.complete()).toBe(true);
  void catchUp.fetch();
  expect(catchUp.complete()).toBe(false);
});

it('begins no further pass once stopped, and is not complete', async () => {
  const { catchUp, end, passes } = harness();
  const done = catchUp.fetch();
  await catchUp.fetch();
  catchUp.stop();
  await end();
  await done;
  expect(passes()).toBe(1);
  expect(catchUp.complete()).toBe(false);
});
