import { expect, test } from 'vitest';
import { createSlots } from '../src/slots.ts';

const never = new AbortController().signal;

test('as many are under way as there are slots; the others begin in order, as the settings say at that moment', async () => {
  let most = 2;
  const inSlot = createSlots(() => most);
  const begun: number[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const all = [0, 1, 2, 3, 4].map(number =>
    inSlot(never, () => {
      begun.push(number);
      ends[number] = Promise.withResolvers();
      return ends[number].promise;
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  ends[1]?.resolve();
  await all[1];
  expect(begun).toEqual([0, 1, 2]);
  most = 3;
  ends[0]?.resolve();
  await all[0];
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

test('work that fails gives its slot free, and a waiting one whose signal aborts never begins', async () => {
  const inSlot = createSlots(() => 1);
  const first = Promise.withResolvers<void>();
  const running = inSlot(never, () => first.promise);
  const abort = new AbortController();
  const begun: string[] = [];
  const aborted = inSlot(abort.signal, async () => begun.push('aborted'));
  const next = inSlot(never, async () => begun.push('next'));
  abort.abort(new Error('over'));
  await expect(aborted).rejects.toThrow('over');
  first.reject(new Error('failed'));
  await expect(running).rejects.toThrow('failed');
  await next;
  expect(begun).toEqual(['next']);
  await expect(inSlot(abort.signal, async () => begun.push('late'))).rejects.toThrow('over');
});
