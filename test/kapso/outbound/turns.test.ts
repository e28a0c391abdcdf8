import { expect, test } from 'vitest';
import { createTurns } from '../../../src/kapso/outbound/turns.ts';

test('work for one key is done in the order asked, also after a failure; that for another does not wait', async () => {
  const inTurn = createTurns();
  const first = Promise.withResolvers<void>();
  const begun: string[] = [];
  const work = (name: string, until: Promise<void> = Promise.resolve()) => {
    begun.push(name);
    return until;
  };
  const failing = inTurn('a', () => work('a1', first.promise));
  const after = inTurn('a', async () => {
    await work('a2');
    return 'done';
  });
  await inTurn('b', () => work('b1'));
  expect(begun).toEqual(['a1', 'b1']);
  first.reject(new Error('no'));
  await expect(failing).rejects.toThrow('no');
  expect(await after).toBe('done');
  expect(begun).toEqual(['a1', 'b1', 'a2']);
});
