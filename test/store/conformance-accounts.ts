import { describe, expect, it } from 'vitest';
import type { AccountOpening } from '../../src/store/account-opening.ts';
import type { OpenInbox } from './conformance.ts';
import { entry } from './fixtures.ts';

const [one, two] = ['106540352242922', '647000000000001'];
const opening = (over: Partial<AccountOpening> = {}): AccountOpening => ({
  noted: null,
  startedAt: 500,
  read: () => null,
  ...over,
});
const end = (cursor: number) => ({ entries: [], newestFirst: true, cursor });

/** What is kept for each account by itself. */
export function describeAccounts(inbox: OpenInbox): void {
  describe('accounts', () => {
    it('have positions of their own', async () => {
      await inbox.store.endPass(one, { ...end(5), proven: 4 });
      await inbox.store.setCursor(two, 7);
      await inbox.reopen();
      expect([await inbox.store.cursor(one), await inbox.store.proven(one)]).toEqual([5, 4]);
      expect([await inbox.store.cursor(two), await inbox.store.proven(two)]).toEqual([7, null]);
      expect(await inbox.store.cursor('another')).toBeNull();
    });

    it('have passes of their own: the end of one releases nothing of the other, and neither loses its order', async () => {
      await inbox.store.hold(one, [entry('one newer'), entry('one older')]);
      await inbox.store.hold(two, [entry('two newer', { lane: 'x' }), entry('two older', { lane: 'x' })]);
      expect((await inbox.store.endPass(one, end(1))).lanes).toEqual(['lane']);
      expect(await inbox.drain('lane')).toEqual(['one older', 'one newer']);
      expect(await inbox.store.head('x')).toBeNull();
      expect((await inbox.store.releaseHeld(two, true)).lanes).toEqual(['x']);
      expect(await inbox.drain('x')).toEqual(['two older', 'two newer']);
      expect(await inbox.store.get('two older')).toMatchObject({ account: two });
    });

    it('have lanes of their own, which can be asked for', async () => {
      await inbox.store.accept([entry('a', { lane: 'x' }), entry('b', { lane: 'y', account: two })]);
      expect(await inbox.store.lanes(one)).toEqual(['x']);
      expect(await inbox.store.lanes(two)).toEqual(['y']);
      expect((await inbox.store.lanes()).sort()).toEqual(['x', 'y']);
    });

    it('note their first start once, until its time is confirmed', async () => {
      expect(await inbox.store.openAccount(one, opening())).toBe(true);
      expect(await inbox.store.openAccount(one, opening({ startedAt: 900 }))).toBe(false);
      await inbox.reopen();
      expect(await inbox.store.firstStart(one)).toEqual({ own: 500, listed: null });
      await inbox.store.setFirstStart(one, { own: 500, listed: 700.4 });
      expect(await inbox.store.firstStart(one)).toEqual({ own: 500, listed: 700 });
      await inbox.store.setFirstStart(one, null);
      await inbox.store.openAccount(one, opening({ noted: { own: 1, listed: 2 } }));
      expect(await inbox.store.firstStart(one)).toBeNull();
    });

    it('take over what a file says of the first start, and note none where there is a position to go on from', async () => {
      await inbox.store.openAccount(one, opening({ noted: { own: 300, listed: 400 } }));
      expect(await inbox.store.firstStart(one)).toEqual({ own: 300, listed: 400 });
      await inbox.store.openAccount(two, opening({ startedAt: null }));
      expect(await inbox.store.firstStart(two)).toBeNull();
    });
  });
}
