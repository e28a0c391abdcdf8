import { beforeEach, describe, expect, it } from 'vitest';
import type { OpenInbox } from './conformance.ts';
import { entry } from './fixtures.ts';

const [here, there] = [
  { owner: 'here', lease: 1000 },
  { owner: 'there', lease: 1000 },
];
const run = { runKey: 'a', runNumber: 1 };

/** Who works on a lane, where several processes may. */
export function describeClaims(inbox: OpenInbox): void {
  describe('a claim on a lane', () => {
    beforeEach(() => inbox.store.accept([entry('a'), entry('b', { lane: 'other' })]).then(() => undefined));

    it('holds against others, and over a restart, until its lease is over', async () => {
      const start = inbox.clock.now();
      expect(await inbox.store.claim('lane', here)).toBe(true);
      await inbox.reopen();
      inbox.clock.set(start + 999);
      expect(await inbox.store.claim('lane', there)).toBe(false);
      expect(await inbox.store.claim('other', there)).toBe(true);
      inbox.clock.set(start + 1000);
      expect(await inbox.store.claim('lane', there)).toBe(true);
      expect(await inbox.store.claim('lane', here)).toBe(false);
    });

    it('is renewed by its owner, and given back by its owner alone', async () => {
      const start = inbox.clock.now();
      await inbox.store.claim('lane', here);
      inbox.clock.set(start + 900);
      expect(await inbox.store.claim('lane', here)).toBe(true);
      inbox.clock.set(start + 1800);
      await inbox.store.release('lane', 'there');
      expect(await inbox.store.claim('lane', there)).toBe(false);
      await inbox.store.release('lane', 'here');
      expect(await inbox.store.claim('lane', there)).toBe(true);
    });

    it('is made by one of two processes that want it at the same time', async () => {
      const second = await inbox.open();
      const taken = await Promise.all([inbox.store.claim('lane', here), second.claim('lane', there)]);
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    it('comes with the beginning of a run, and keeps every other owner from beginning one in the lane', async () => {
      const start = inbox.clock.now();
      await inbox.store.begin('a', { ...run, claim: here });
      expect(await inbox.store.claim('lane', there)).toBe(false);
      const before = await inbox.store.get('a');
      const second = await inbox.open();
      for (const claim of [there, undefined]) {
        const begun = second.begin('a', { ...run, runKey: 'a:2', ...(claim && { claim }) });
        await expect(begun).rejects.toMatchObject({ code: 'STORE_CLAIMED', message: expect.stringContaining('here') });
      }
      expect(await inbox.store.get('a')).toEqual(before);
      await second.begin('b', { ...run, runKey: 'b' });
      await inbox.store.begin('a', { ...run, claim: here });
      inbox.clock.set(start + 1000);
      await second.begin('a', { ...run, claim: there });
      expect(await inbox.store.claim('lane', here)).toBe(false);
    });

    it('is not made where the run may not begin', async () => {
      await inbox.store.drop(['a']);
      await expect(inbox.store.begin('a', { ...run, claim: here })).rejects.toMatchObject({ code: 'STORE_STATE' });
      expect(await inbox.store.claim('lane', there)).toBe(true);
    });
  });
}
