import { beforeEach, describe, expect, it } from 'vitest';
import { entryStates } from '../../src/store/new-entry.ts';
import type { Store } from '../../src/store/store.ts';
import type { OpenInbox } from './conformance.ts';
import { account, entry } from './fixtures.ts';

/** Tests what becomes of entries, by delivery and by the operator, and the maintenance of the store. */
export function describeProgress(inbox: OpenInbox): void {
  describe('delivery', () => {
    beforeEach(() => inbox.store.accept([entry('a')]));

    it('notes the key before sending, over a restart', async () => {
      await inbox.store.begin('a', { runKey: 'a#1', runNumber: 1 });
      await inbox.reopen();
      expect(await inbox.store.head('lane')).toMatchObject({ id: 'a', state: 'sending', runKey: 'a#1', runNumber: 1 });
    });

    it('settles a sending entry with what its run ended with', async () => {
      await inbox.store.begin('a', { runKey: 'a#1', runNumber: 1 });
      await inbox.store.settle('a', 'answered');
      expect(await inbox.store.get('a')).toMatchObject({ state: 'settled', outcome: 'answered', runKey: 'a#1' });
      expect(await inbox.store.head('lane')).toBeNull();
    });

    it('settles an entry whose run ended after it was put back, so that it is not answered twice', async () => {
      await inbox.store.begin('a', { runKey: 'a#1', runNumber: 1 });
      await inbox.store.defer('a', { until: 5, reason: 'unclear', counted: true, resend: true });
      await inbox.store.settle('a', 'answered');
      expect(await inbox.store.get('a')).toMatchObject({ state: 'settled', retryAt: null, reason: null });
    });

    it('settles a dropped entry whose run is answered after all, so that a retry does not answer it twice', async () => {
      await inbox.store.begin('a', { runKey: 'a#1', runNumber: 1 });
      await inbox.store.drop(['a']);
      await inbox.store.settle('a', 'answered');
      expect(await inbox.store.get('a')).toMatchObject({ state: 'settled', outcome: 'answered', unresolvedRun: null });
      expect(await inbox.store.retry(['a'])).toEqual([]);
      expect(await inbox.store.head('lane')).toBeNull();
    });

    it('keeps what is not for the agent out of its lane, with the reason, and without its text where that is wanted', async () => {
      await inbox.store.accept([entry('b', { author: 'ann' }), entry('c', { author: 'ann' })]);
      expect(await inbox.store.refuse({ id: 'a', state: 'denied', reason: 'a stranger', body: 'nothing' })).toBe(true);
      expect(await inbox.store.refuse({ id: 'b', state: 'unpaired', reason: null })).toBe(true);
      await inbox.reopen();
      expect(await inbox.store.head('lane')).toMatchObject({ id: 'c' });
      expect(await inbox.store.get('a')).toMatchObject({ state: 'denied', reason: 'a stranger', body: 'nothing' });
      expect(await inbox.store.get('b')).toMatchObject({ state: 'unpaired', reason: null, body: entry('b').body });
      expect((await inbox.store.counts()).byState).toMatchObject({ pending: 1, denied: 1, unpaired: 1 });
      expect(await inbox.store.refuse({ id: 'a', state: 'denied', reason: 'again' })).toBe(false);
      expect(await inbox.store.retry(['a'])).toEqual(['a']);
      expect(await inbox.store.head('lane')).toMatchObject({ id: 'a', state: 'pending', reason: null });
    });

    it('keeps the run open of what is not for the agent any more, and puts back what was gathered into it', async () => {
      await inbox.store.accept([entry('b')]);
      await inbox.store.begin('a', { runKey: 'a#1', runNumber: 1, gathers: ['b'] });
      await inbox.store.defer('a', { until: 5, reason: 'busy', counted: false, resend: true });
      expect(await inbox.store.refuse({ id: 'a', state: 'denied', reason: 'a stranger' })).toBe(true);
      expect(await inbox.store.head('lane')).toMatchObject({ id: 'b', carriedBy: null });
      await inbox.store.begin('b', { runKey: 'b#1', runNumber: 1 });
      expect(await inbox.store.refuse({ id: 'b', state: 'denied', reason: 'a stranger' })).toBe(true);
      expect(await inbox.store.get('b')).toMatchObject({ state: 'denied', unresolvedRun: 'b#1' });
    });

    it('gives up, with what is settled, what it overtook in failing, and nothing that has not failed', async () => {
      await inbox.store.accept([entry('b'), entry('c')]);
      await inbox.store.defer('a', { until: 5, reason: 'broken', counted: true, resend: true });
      await inbox.store.begin('c', { runKey: 'c', runNumber: 1 });
      const overtaken = ['a', 'b', 'nobody'].map(id => ({ id, reason: 'overtaken' }));
      expect(await inbox.store.settle('c', 'answered', { overtaken })).toEqual(['a']);
      await inbox.reopen();
      expect(await inbox.store.get('a')).toMatchObject({
        state: 'failed',
        reason: 'overtaken',
        attempts: 1,
        retryAt: null,
      });
      expect(await inbox.store.get('b')).toMatchObject({ state: 'pending' });
      expect(await inbox.store.get('c')).toMatchObject({ state: 'settled' });
    });

    it('leaves the run open of what is overtaken while it may go on', async () => {
      await inbox.store.accept([entry('b')]);
      await inbox.store.begin('a', { runKey: 'a', runNumber: 1 });
      await inbox.store.defer('a', { until: 5, reason: 'unreadable', counted: true, resend: false });
      await inbox.store.settle('b', 'answered', { overtaken: [{ id: 'a', reason: 'overtaken' }] });
      expect(await inbox.store.get('a')).toMatchObject({ state: 'failed', unresolvedRun: 'a' });
    });

    it('overtakes nothing with a settlement that does not take place', async () => {
      await inbox.store.accept([entry('b')]);
      await inbox.store.defer('a', { until: 5, reason: 'broken', counted: true, resend: true });
      await inbox.store.settle('b', 'answered');
      expect(await inbox.store.settle('b', 'answered', { overtaken: [{ id: 'a', reason: 'overtaken' }] })).toEqual([]);
      expect(await inbox.store.get('a')).toMatchObject({ state: 'pending' });
    });

    it('shows what waits in a lane, from the oldest on', async () => {
      await inbox.store.accept([entry('b'), entry('c'), entry('d', { lane: 'other' })]);
      await inbox.store.settle('b', 'answered');
      expect((await inbox.store.waiting('lane', 5)).map(({ id }) => id)).toEqual(['a', 'c']);
      expect((await inbox.store.waiting('lane', 1)).map(({ id }) => id)).toEqual(['a']);
    });

    it('shows what has failed so often and is still tried, over all lanes, what failed first before the others', async () => {
      await inbox.store.accept([entry('b', { lane: 'other' }), entry('c', { lane: 'third' })]);
      const again = { until: 5, reason: 'broken', counted: true, resend: true };
      for (const id of ['b', 'b', 'a', 'a', 'a', 'c']) {
        inbox.clock.set(inbox.clock.now() + 1);
        await inbox.store.defer(id, again);
      }
      expect((await inbox.store.failing({ attempts: 2, limit: 5 })).map(({ id }) => id)).toEqual(['b', 'a']);
      expect((await inbox.store.failing({ attempts: 2, limit: 1 })).map(({ id }) => id)).toEqual(['b']);
      await inbox.store.settle('b', 'answered');
      expect((await inbox.store.failing({ attempts: 0, limit: 5 })).map(({ id }) => id)).toEqual(['a', 'c']);
    });

    it('keeps a failed entry with its reason', async () => {
      await inbox.store.fail('a', 'the gateway refuses it');
      expect(await inbox.store.get('a')).toMatchObject({ state: 'failed', reason: 'the gateway refuses it' });
      expect(await inbox.store.head('lane')).toBeNull();
    });

    it('keeps `sending` when a wait must look for the run first, and goes back to pending when it must not', async () => {
      await inbox.store.begin('a', { runKey: 'a#1', runNumber: 1 });
      await inbox.store.defer('a', { until: 77.4, reason: 'away', counted: false, resend: false });
      expect(await inbox.store.head('lane')).toMatchObject({
        state: 'sending',
        runKey: 'a#1',
        retryAt: 77,
        reason: 'away',
        attempts: 0,
        firstAttemptAt: null,
      });
      await inbox.store.defer('a', { until: 88, reason: 'spent', counted: false, resend: true });
      expect(await inbox.store.head('lane')).toMatchObject({ state: 'pending', runNumber: 1, retryAt: 88 });
      await inbox.store.begin('a', { runKey: 'a#2', runNumber: 2 });
      expect(await inbox.store.head('lane')).toMatchObject({
        state: 'sending',
        runKey: 'a#2',
        retryAt: null,
        reason: null,
      });
    });

    it('counts attempts from the first that counts', async () => {
      const first = inbox.clock.now();
      await inbox.store.defer('a', { until: 1, reason: 'one', counted: true, resend: true });
      inbox.clock.set(first + 1000);
      await inbox.store.defer('a', { until: 2, reason: 'two', counted: true, resend: false });
      expect(await inbox.store.get('a')).toMatchObject({ attempts: 2, firstAttemptAt: first, updatedAt: first + 1000 });
    });

    it('refuses a wait until no time at all', async () => {
      const wait = { until: Number.NaN, reason: 'x', counted: true, resend: true };
      await expect(inbox.store.defer('a', wait)).rejects.toMatchObject({ code: 'STORE_INVALID' });
      expect(await inbox.store.get('a')).toMatchObject({ attempts: 0 });
    });

    it.each(['held', 'settled', 'failed', 'dropped', 'unknown'])('does not begin an entry that is %s', async state => {
      if (state === 'held') await inbox.store.hold(account, [entry('b')]);
      else if (state !== 'unknown') await inbox.store.accept([entry('b')]);
      if (state === 'settled') await inbox.store.settle('b', 'done');
      if (state === 'failed') await inbox.store.fail('b', 'reason');
      if (state === 'dropped') await inbox.store.drop(['b']);
      const before = await inbox.store.get('b');
      await expect(inbox.store.begin('b', { runKey: 'k', runNumber: 1 })).rejects.toMatchObject({
        code: 'STORE_STATE',
        message: expect.stringContaining('b'),
      });
      expect(await inbox.store.get('b')).toEqual(before);
    });

    it.each(['pending', 'begun again'])('does not let a late end of a run touch the next one, %s', async state => {
      await inbox.store.begin('a', { runKey: 'a#1', runNumber: 1 });
      await inbox.store.drop(['a']);
      await inbox.store.retry(['a']);
      if (state === 'begun again') await inbox.store.begin('a', { runKey: 'a#2', runNumber: 2 });
      const before = await inbox.store.get('a');
      const wait = { until: 9, reason: 'late', counted: true, resend: true, runKey: 'a#1' };
      expect(await inbox.store.defer('a', wait)).toBe(false);
      expect(await inbox.store.fail('a', 'late', { runKey: 'a#1' })).toBe(false);
      expect(await inbox.store.get('a')).toEqual(before);
      expect(await inbox.store.defer('a', { ...wait, runKey: before?.runKey ?? null })).toBe(true);
      expect(await inbox.store.fail('a', 'now', { runKey: before?.runKey ?? null })).toBe(true);
      expect(await inbox.store.get('a')).toMatchObject({ state: 'failed', attempts: 1, reason: 'now' });
    });

    it('says whether an entry was put back or given up', async () => {
      expect(await inbox.store.defer('a', { until: 9, reason: 'x', counted: false, resend: true })).toBe(true);
      expect(await inbox.store.fail('a', 'x')).toBe(true);
      expect(await inbox.store.fail('a', 'x')).toBe(false);
      expect(await inbox.store.defer('a', { until: 9, reason: 'x', counted: false, resend: true })).toBe(false);
    });

    it('does not bring back an entry that was dropped, settled or given up meanwhile', async () => {
      await inbox.store.accept([entry('b'), entry('c')]);
      await inbox.store.begin('a', { runKey: 'a#1', runNumber: 1 });
      await inbox.store.drop(['a']);
      await inbox.store.settle('b', 'done');
      await inbox.store.fail('c', 'reason');
      const before = await inbox.store.list({ limit: 10 });
      for (const id of ['a', 'b', 'c', 'unknown']) {
        await inbox.store.defer(id, { until: 1, reason: 'late', counted: true, resend: true });
        await inbox.store.fail(id, 'late');
        if (id !== 'a') await inbox.store.settle(id, 'late');
      }
      expect(await inbox.store.list({ limit: 10 })).toEqual(before);
    });
  });

  describe('the operator', () => {
    it('queues failed and dropped entries again, under a key that is fresh', async () => {
      await inbox.store.accept([entry('a'), entry('b'), entry('c')]);
      await inbox.store.begin('a', { runKey: 'a#3', runNumber: 3 });
      await inbox.store.defer('a', { until: 9, reason: 'x', counted: true, resend: false });
      await inbox.store.fail('a', 'reason');
      await inbox.store.drop(['b']);
      expect(await inbox.store.retry(['a', 'b', 'c', 'unknown'])).toEqual(['a', 'b']);
      expect(await inbox.store.get('a')).toMatchObject({
        state: 'pending',
        attempts: 0,
        firstAttemptAt: null,
        retryAt: null,
        runKey: null,
        runNumber: 3,
        reason: null,
      });
      expect(await inbox.drain()).toEqual(['a', 'b', 'c']);
    });

    it('remembers a run whose end is not known, until another begins', async () => {
      const { store } = inbox;
      await store.accept([entry('a'), entry('b'), entry('c')]);
      for (const id of ['a', 'b', 'c']) await store.begin(id, { runKey: `${id}#1`, runNumber: 1 });
      await store.drop(['a']);
      await store.fail('b', 'refused again and again', { mayStillRun: true });
      await store.fail('c', 'ended with an error');
      expect(await store.retry(['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
      const unresolvedRun = async (id: string) => (await store.get(id))?.unresolvedRun;
      expect([await unresolvedRun('a'), await unresolvedRun('b'), await unresolvedRun('c')]).toEqual([
        'a#1',
        'b#1',
        null,
      ]);
      expect(await store.get('a')).toMatchObject({ state: 'pending', runKey: null, runNumber: 1 });
      await store.drop(['a']);
      await store.retry(['a']);
      await store.defer('a', { until: 1, reason: 'x', counted: true, resend: false });
      expect(await unresolvedRun('a')).toBe('a#1');
      await store.begin('a', { runKey: 'a#2', runNumber: 2 });
      expect(await unresolvedRun('a')).toBeNull();
      await store.settle('b', 'answered');
      expect(await unresolvedRun('b')).toBeNull();
    });

    it('queues by force also what is settled, and looks for no run then', async () => {
      const { store } = inbox;
      await store.accept([entry('a'), entry('b'), entry('c')]);
      for (const id of ['a', 'b']) await store.begin(id, { runKey: `${id}#1`, runNumber: 1 });
      await store.settle('a', 'answered');
      await store.drop(['b']);
      expect(await store.retry(['a', 'b', 'c'], { force: true })).toEqual(['a', 'b']);
      const fresh = { state: 'pending', runKey: null, unresolvedRun: null, outcome: null, runNumber: 1 };
      expect(await store.get('a')).toMatchObject(fresh);
      expect(await store.get('b')).toMatchObject(fresh);
    });

    it('drops everything but what is settled', async () => {
      await inbox.store.accept(['pending', 'sending', 'failed', 'settled'].map(id => entry(id)));
      await inbox.store.hold(account, [entry('held')]);
      await inbox.store.begin('sending', { runKey: 'k', runNumber: 1 });
      await inbox.store.fail('failed', 'why');
      await inbox.store.settle('settled', 'done');
      const ids = ['held', 'pending', 'sending', 'failed', 'settled', 'unknown'];
      expect(await inbox.store.drop(ids)).toEqual(['held', 'pending', 'sending', 'failed']);
      expect(await inbox.store.drop(ids)).toEqual([]);
      expect(await inbox.store.get('failed')).toMatchObject({ state: 'dropped', reason: 'why' });
      await inbox.store.endPass(account, { entries: [], newestFirst: true, cursor: 1 });
      expect((await inbox.store.counts()).byState).toMatchObject({ dropped: 4, settled: 1, pending: 0 });
    });

    it('sees the newest first, of the states asked for', async () => {
      await inbox.store.accept([
        entry('1', { occurredAt: 1 }),
        entry('3', { occurredAt: 3 }),
        entry('4', { occurredAt: 3 }),
      ]);
      await inbox.store.accept([entry('2', { occurredAt: 2, lane: 'x' }), entry('5', { occurredAt: 3 })]);
      await inbox.store.fail('2', 'x');
      const ids = async (query: Parameters<Store['list']>[0]) => (await inbox.store.list(query)).map(({ id }) => id);
      expect(await ids({ limit: 10 })).toEqual(['5', '4', '3', '2', '1']);
      expect(await ids({ limit: 2 })).toEqual(['5', '4']);
      expect(await ids({ limit: 2, states: ['failed', 'pending', 'failed'] })).toEqual(['5', '4']);
      expect(await ids({ limit: 10, states: ['failed'] })).toEqual(['2']);
      expect(await ids({ limit: 10, states: [] })).toEqual([]);
    });

    it('sees how many there are in each state and since when the oldest waits', async () => {
      const none = Object.fromEntries(entryStates.map(state => [state, 0]));
      expect(await inbox.store.counts()).toEqual({ byState: none, oldestUndelivered: null });
      await inbox.store.accept([
        entry('a', { occurredAt: 5 }),
        entry('b', { occurredAt: 3 }),
        entry('c', { occurredAt: 1 }),
      ]);
      await inbox.store.hold(account, [entry('d', { occurredAt: 0 })]);
      await inbox.store.settle('c', 'done');
      await inbox.store.begin('b', { runKey: 'k', runNumber: 1 });
      expect(await inbox.store.counts()).toEqual({
        byState: { ...none, held: 1, pending: 1, sending: 1, settled: 1 },
        oldestUndelivered: 3,
      });
      expect(await inbox.store.oldest(['held', 'pending', 'sending', 'failed'])).toEqual({
        held: 0,
        pending: 5,
        sending: 3,
      });
      expect(await inbox.store.oldest(['settled'])).toEqual({ settled: 1 });
    });
  });

  describe('upkeep', () => {
    it('forgets settled and dropped entries last touched before a time, and nothing else', async () => {
      const start = inbox.clock.now();
      const many = Array.from({ length: 450 }, (_, i) => `old${i}`);
      await inbox.store.accept([...many, 'pending', 'failed', 'dropped', 'young', 'edge'].map(id => entry(id)));
      await Promise.all(many.map(id => inbox.store.settle(id, 'done')));
      await inbox.store.fail('failed', 'x');
      await inbox.store.drop(['dropped']);
      inbox.clock.set(start + 1000);
      await inbox.store.settle('edge', 'done');
      inbox.clock.set(start + 1001);
      await inbox.store.settle('young', 'done');
      expect(await inbox.store.prune(start + 1000)).toBe(451);
      expect((await inbox.store.list({ limit: 10 })).map(({ id }) => id).sort()).toEqual([
        'edge',
        'failed',
        'pending',
        'young',
      ]);
      expect((await inbox.store.counts()).byState).toMatchObject({ settled: 2, dropped: 0, pending: 1, failed: 1 });
      expect(await inbox.store.prune(start + 1000)).toBe(0);
    });

    it('keeps what a wrong clock has touched long ago, or is to be touched in the future', async () => {
      const day = 86_400_000;
      const present = inbox.clock.now();
      const recent = { occurredAt: present - day };
      await inbox.store.accept([entry('behind', recent), entry('ahead', recent)]);
      inbox.clock.set(present - 300 * day);
      await inbox.store.settle('behind', 'done');
      inbox.clock.set(present + 300 * day);
      await inbox.store.settle('ahead', 'done');
      inbox.clock.set(present);
      expect(await inbox.store.prune(present - 30 * day)).toBe(0);
      expect(await inbox.store.prune(present)).toBe(1);
      expect(await inbox.store.get('behind')).toBeNull();
    });

    it.each([
      ['the cursor', async () => inbox.store.setCursor(account, inbox.clock.now())],
      ['the newest entry', async () => inbox.store.accept([entry('newest', { occurredAt: inbox.clock.now() })])],
    ])('dates nothing before %s, however far behind the clock is', async (_, show) => {
      const present = inbox.clock.now();
      const day = 86_400_000;
      await show();
      // Written long ago, and listed only now.
      await inbox.store.accept([entry('old', { occurredAt: present - 60 * day })]);
      for (const wrong of [present - 300 * day, 0]) {
        inbox.clock.set(wrong);
        await inbox.store.settle('old', 'done');
        await inbox.store.accept([entry(`at ${wrong}`, { occurredAt: present - 60 * day })]);
        expect((await inbox.store.get(`at ${wrong}`))?.receivedAt).toBe(present);
      }
      inbox.clock.set(present);
      expect(await inbox.store.prune(present - 30 * day)).toBe(0);
      expect((await inbox.store.get('old'))?.updatedAt).toBe(present);
    });

    it('takes for touched now what only a clock in 1970 can have touched', async () => {
      const present = Date.UTC(2026, 10, 28);
      inbox.clock.set(5_000_000);
      await inbox.store.accept([entry('undated', { occurredAt: 4_000_000 })]);
      await inbox.store.settle('undated', 'done');
      inbox.clock.set(present);
      expect(await inbox.store.prune(present)).toBe(0);
      expect((await inbox.store.get('undated'))?.updatedAt).toBe(present);
      expect(await inbox.store.prune(present + 1)).toBe(1);
    });

    it('tells a change by somebody else from its own', async () => {
      const other = await inbox.open();
      expect(await inbox.store.changedElsewhere()).toBe(false);
      await inbox.store.accept([entry('a')]);
      expect(await inbox.store.changedElsewhere()).toBe(false);
      await other.drop(['a']);
      expect(await inbox.store.changedElsewhere()).toBe(true);
      expect(await inbox.store.changedElsewhere()).toBe(false);
    });

    it('lets two stores write to one inbox', async () => {
      const other = await inbox.open();
      const calls = Array.from({ length: 40 }, (_, i) =>
        (i % 2 ? inbox.store : other).accept([entry(`both${i % 20}`)]),
      );
      const inserted = (await Promise.all(calls)).flatMap(accepted => accepted.inserted);
      expect(inserted.length).toBe(20);
      expect(new Set(inserted).size).toBe(20);
      expect((await other.counts()).byState.pending).toBe(20);
    });

    it('proves that it can commit', async () => {
      await inbox.store.probe();
      await inbox.store.probe();
    });

    it('commits what was asked for before it closes, and refuses what comes after', async () => {
      const last = inbox.store.accept([entry('last')]);
      await inbox.store.close();
      await expect(last).resolves.toMatchObject({ inserted: ['last'] });
      await expect(inbox.store.accept([entry('after')])).rejects.toMatchObject({ code: 'STORE_CLOSED' });
      await expect(inbox.store.counts()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
      await inbox.store.close();
      inbox.store = await inbox.open();
      expect(await inbox.store.get('last')).not.toBeNull();
      expect(await inbox.store.get('after')).toBeNull();
    });
  });
}
