import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { entry, type HeldClock, heldClock } from './fixtures.ts';
import { describeProperties } from './properties.ts';

export interface StoreHarness {
  /** Opens the harness's one inbox; several stores may have it open at once. */
  open(): Promise<Store>;
  /** Removes the inbox; every store on it is closed by then. */
  dispose(): Promise<void>;
}

/** The tests that every implementation of `Store` must pass. `create` makes an inbox that is empty. */
export function describeStore(name: string, create: (clock: HeldClock) => Promise<StoreHarness>): void {
  describe(name, () => {
    let clock: HeldClock;
    let harness: StoreHarness;
    let store: Store;
    let opened: Store[];

    async function open(): Promise<Store> {
      const another = await harness.open();
      opened.push(another);
      return another;
    }

    async function reopen(): Promise<void> {
      await store.close();
      store = await open();
    }

    /** Takes a lane's entries as delivery does, until it is empty. */
    async function drain(lane = 'lane'): Promise<string[]> {
      const ids: string[] = [];
      for (let head = await store.head(lane); head; head = await store.head(lane)) {
        ids.push(head.id);
        await store.settle(head.id, 'done');
      }
      return ids;
    }

    beforeEach(async () => {
      clock = heldClock();
      harness = await create(clock);
      opened = [];
      store = await open();
    });

    afterEach(async () => {
      for (const one of opened) await one.close();
      await harness.dispose();
    });

    describe('arrival', () => {
      it('gives back what was accepted, unchanged', async () => {
        const body = JSON.stringify({ text: 'zero \u0000, lone \ud800, 👩‍👩‍👧, \u2028' });
        await store.accept([entry('wamid.1', { lane: '+15551234567', occurredAt: 123, body })]);
        expect(await store.get('wamid.1')).toEqual({
          id: 'wamid.1',
          lane: '+15551234567',
          occurredAt: 123,
          receivedAt: clock.now(),
          body,
          state: 'pending',
          attempts: 0,
          firstAttemptAt: null,
          retryAt: null,
          runKey: null,
          runNumber: 0,
          reason: null,
          outcome: null,
          updatedAt: clock.now(),
        });
      });

      it('names the new ids and the lanes that have work now', async () => {
        await store.accept([entry('a', { lane: 'x' })]);
        const accepted = await store.accept([
          entry('a', { lane: 'x' }),
          entry('b', { lane: 'y' }),
          entry('c', { lane: 'y' }),
        ]);
        expect(accepted).toEqual({ inserted: ['b', 'c'], lanes: ['y'] });
      });

      it('takes an id once when a call brings it twice', async () => {
        const accepted = await store.accept([entry('a', { body: 'first' }), entry('a', { body: 'second' })]);
        expect(accepted.inserted).toEqual(['a']);
        expect((await store.get('a'))?.body).toBe('first');
      });

      it('keeps an entry that cannot be delivered as failed, with the reason and outside the lane', async () => {
        expect(await store.accept([entry('a', { failure: 'not readable' })])).toEqual({ inserted: ['a'], lanes: [] });
        expect((await store.hold([entry('b', { failure: 'neither' })])).inserted).toEqual(['b']);
        expect(await store.releaseHeld(true)).toEqual({ inserted: [], lanes: [] });
        expect(await store.get('a')).toMatchObject({ state: 'failed', reason: 'not readable' });
        expect(await store.get('b')).toMatchObject({ state: 'failed', reason: 'neither' });
        expect(await store.head('lane')).toBeNull();
      });

      it('never takes a known id again, whatever became of it, by either way, over restarts', async () => {
        const ids = ['held', 'pending', 'sending', 'settled', 'failed', 'dropped'];
        await store.accept(ids.slice(1).map(id => entry(id)));
        await store.begin('sending', { runKey: 'key', runNumber: 1 });
        await store.settle('settled', 'done');
        await store.fail('failed', 'reason');
        await store.drop(['dropped']);
        await store.hold([entry('held')]);
        const before = await store.list({ limit: 100 });
        clock.set(clock.now() + 30 * 86_400_000);
        await reopen();
        const again = ids.map(id => entry(id, { body: 'other', lane: 'other', occurredAt: 1 }));
        expect((await store.hold(again)).inserted).toEqual([]);
        expect(await store.list({ limit: 100 })).toEqual(before);
        expect((await store.endPass({ entries: again, newestFirst: true, cursor: 5 })).inserted).toEqual([]);
        expect((await store.accept(again)).inserted).toEqual([]);
        const states = Object.fromEntries((await store.list({ limit: 100 })).map(({ id, state }) => [id, state]));
        expect(states).toEqual({ ...Object.fromEntries(ids.map(id => [id, id])), held: 'pending' });
      });

      it('refuses what cannot be kept, and nothing of that call stays', async () => {
        await expect(store.accept([entry('a'), entry('')])).rejects.toMatchObject({ code: 'STORE_INVALID' });
        await expect(store.accept([entry('a'), entry('b', { occurredAt: Number.NaN })])).rejects.toMatchObject({
          code: 'STORE_INVALID',
        });
        expect(await store.get('a')).toBeNull();
        expect((await store.accept([entry('a')])).inserted).toEqual(['a']);
      });
    });

    describe('order in a lane', () => {
      it('is by time first, whatever the order of arrival', async () => {
        await store.accept([entry('late', { occurredAt: 3 })]);
        await store.accept([entry('early', { occurredAt: 1 }), entry('middle', { occurredAt: 2 })]);
        expect(await drain()).toEqual(['early', 'middle', 'late']);
      });

      it('is by call and then by place when the times are equal', async () => {
        await store.accept([entry('z'), entry('y')]);
        await store.accept([entry('b'), entry('a')]);
        expect(await drain()).toEqual(['z', 'y', 'b', 'a']);
      });

      it('is the reverse of a list that was newest first', async () => {
        await store.hold([entry('6'), entry('5')]);
        await store.hold([entry('4'), entry('3')]);
        await store.endPass({ entries: [entry('2'), entry('1')], newestFirst: true, cursor: 1 });
        expect(await drain()).toEqual(['1', '2', '3', '4', '5', '6']);
      });

      it('is the order of a list that was oldest first', async () => {
        await store.hold([entry('1'), entry('2')]);
        await store.hold([entry('3'), entry('4')]);
        await store.endPass({ entries: [entry('5')], newestFirst: false, cursor: 1 });
        expect(await drain()).toEqual(['1', '2', '3', '4', '5']);
      });

      it('puts a pass before the calls that came after it began, and before the next pass', async () => {
        await store.hold([entry('2'), entry('1')]);
        await store.accept([entry('3')]);
        await store.endPass({ entries: [entry('0')], newestFirst: true, cursor: 1 });
        await store.endPass({ entries: [entry('5'), entry('4')], newestFirst: true, cursor: 1 });
        expect(await drain()).toEqual(['0', '1', '2', '3', '4', '5']);
      });

      it('gives a held entry its place in the later pass that lists it again', async () => {
        await store.hold([entry('3'), entry('2')]);
        await reopen();
        await store.hold([entry('4'), entry('3')]);
        await store.endPass({ entries: [entry('2'), entry('1')], newestFirst: true, cursor: 1 });
        expect(await drain()).toEqual(['1', '2', '3', '4']);
      });

      it('keeps the first place when pages of one pass overlap', async () => {
        await store.hold([entry('4'), entry('3')]);
        await store.endPass({ entries: [entry('4'), entry('3'), entry('2')], newestFirst: true, cursor: 1 });
        expect(await drain()).toEqual(['2', '3', '4']);
      });

      it('does not mix lanes', async () => {
        await store.accept([entry('a', { lane: 'x' }), entry('b', { lane: 'y' }), entry('c', { lane: 'x' })]);
        expect((await store.lanes()).sort()).toEqual(['x', 'y']);
        expect(await drain('x')).toEqual(['a', 'c']);
        expect(await store.lanes()).toEqual(['y']);
      });
    });

    describe('a polling pass', () => {
      it('keeps its pages from delivery until it ends, and moves the cursor only then', async () => {
        await store.setCursor(10);
        expect((await store.hold([entry('b')])).inserted).toEqual(['b']);
        expect(await store.head('lane')).toBeNull();
        expect(await store.lanes()).toEqual([]);
        expect(await store.cursor()).toBe(10);
        const end = await store.endPass({ entries: [entry('a', { lane: 'x' })], newestFirst: true, cursor: 20 });
        expect(end.inserted).toEqual(['a']);
        expect(end.lanes.sort()).toEqual(['lane', 'x']);
        expect(await store.cursor()).toBe(20);
        expect((await store.head('lane'))?.id).toBe('b');
      });

      it('has no cursor before the first', async () => {
        expect(await store.cursor()).toBeNull();
      });

      it('leaves what it held on disk when it is cut off, for the next one to release', async () => {
        await store.setCursor(10);
        await store.hold([entry('a')]);
        await reopen();
        expect(await store.get('a')).toMatchObject({ state: 'held' });
        expect(await store.cursor()).toBe(10);
        expect(await store.endPass({ entries: [], newestFirst: true, cursor: 20 })).toEqual({
          inserted: [],
          lanes: ['lane'],
        });
        expect(await drain()).toEqual(['a']);
      });

      it('can be released before its end, and the cursor stays', async () => {
        await store.setCursor(10);
        await store.hold([entry('b'), entry('a')]);
        expect(await store.releaseHeld(true)).toEqual({ inserted: [], lanes: ['lane'] });
        expect(await store.cursor()).toBe(10);
        expect(await store.releaseHeld(true)).toEqual({ inserted: [], lanes: [] });
        expect(await drain()).toEqual(['a', 'b']);
      });

      it('lets a held entry go at once when it comes by the webhook', async () => {
        await store.hold([entry('a')]);
        expect(await store.accept([entry('a')])).toEqual({ inserted: [], lanes: ['lane'] });
        expect((await store.head('lane'))?.id).toBe('a');
        expect(await store.endPass({ entries: [entry('a')], newestFirst: true, cursor: 1 })).toEqual({
          inserted: [],
          lanes: [],
        });
      });

      it('applies nothing when its end cannot be kept', async () => {
        await store.setCursor(10);
        await store.hold([entry('b')]);
        const end = store.endPass({ entries: [entry('a')], newestFirst: true, cursor: Number.NaN });
        await expect(end).rejects.toMatchObject({ code: 'STORE_INVALID' });
        expect(await store.get('a')).toBeNull();
        expect(await store.get('b')).toMatchObject({ state: 'held' });
        await store.endPass({ entries: [entry('a')], newestFirst: true, cursor: 20 });
        expect(await drain()).toEqual(['a', 'b']);
      });
    });

    describe('delivery', () => {
      beforeEach(() => store.accept([entry('a')]));

      it('notes the key before sending, over a restart', async () => {
        await store.begin('a', { runKey: 'a#1', runNumber: 1 });
        await reopen();
        expect(await store.head('lane')).toMatchObject({ id: 'a', state: 'sending', runKey: 'a#1', runNumber: 1 });
      });

      it('settles a sending entry with what its run ended with', async () => {
        await store.begin('a', { runKey: 'a#1', runNumber: 1 });
        await store.settle('a', 'answered');
        expect(await store.get('a')).toMatchObject({ state: 'settled', outcome: 'answered', runKey: 'a#1' });
        expect(await store.head('lane')).toBeNull();
      });

      it('settles an entry whose run ended after it was put back, so that it is not answered twice', async () => {
        await store.begin('a', { runKey: 'a#1', runNumber: 1 });
        await store.defer('a', { until: 5, reason: 'unclear', counted: true, resend: true });
        await store.settle('a', 'answered');
        expect(await store.get('a')).toMatchObject({ state: 'settled', retryAt: null, reason: null });
      });

      it('keeps a failed entry with its reason', async () => {
        await store.fail('a', 'the gateway refuses it');
        expect(await store.get('a')).toMatchObject({ state: 'failed', reason: 'the gateway refuses it' });
        expect(await store.head('lane')).toBeNull();
      });

      it('keeps `sending` when a wait must look for the run first, and goes back to pending when it must not', async () => {
        await store.begin('a', { runKey: 'a#1', runNumber: 1 });
        await store.defer('a', { until: 77.4, reason: 'away', counted: false, resend: false });
        expect(await store.head('lane')).toMatchObject({
          state: 'sending',
          runKey: 'a#1',
          retryAt: 77,
          reason: 'away',
          attempts: 0,
          firstAttemptAt: null,
        });
        await store.defer('a', { until: 88, reason: 'spent', counted: false, resend: true });
        expect(await store.head('lane')).toMatchObject({ state: 'pending', runNumber: 1, retryAt: 88 });
        await store.begin('a', { runKey: 'a#2', runNumber: 2 });
        expect(await store.head('lane')).toMatchObject({
          state: 'sending',
          runKey: 'a#2',
          retryAt: null,
          reason: null,
        });
      });

      it('counts attempts from the first that counts', async () => {
        const first = clock.now();
        await store.defer('a', { until: 1, reason: 'one', counted: true, resend: true });
        clock.set(first + 1000);
        await store.defer('a', { until: 2, reason: 'two', counted: true, resend: false });
        expect(await store.get('a')).toMatchObject({ attempts: 2, firstAttemptAt: first, updatedAt: first + 1000 });
      });

      it('refuses a wait until no time at all', async () => {
        const wait = { until: Number.NaN, reason: 'x', counted: true, resend: true };
        await expect(store.defer('a', wait)).rejects.toMatchObject({ code: 'STORE_INVALID' });
        expect(await store.get('a')).toMatchObject({ attempts: 0 });
      });

      it.each(['held', 'settled', 'failed', 'dropped', 'unknown'])(
        'does not begin an entry that is %s',
        async state => {
          if (state === 'held') await store.hold([entry('b')]);
          else if (state !== 'unknown') await store.accept([entry('b')]);
          if (state === 'settled') await store.settle('b', 'done');
          if (state === 'failed') await store.fail('b', 'reason');
          if (state === 'dropped') await store.drop(['b']);
          const before = await store.get('b');
          await expect(store.begin('b', { runKey: 'k', runNumber: 1 })).rejects.toMatchObject({
            code: 'STORE_STATE',
            message: expect.stringContaining('b'),
          });
          expect(await store.get('b')).toEqual(before);
        },
      );

      it('does not bring back an entry that was dropped, settled or given up meanwhile', async () => {
        await store.accept([entry('b'), entry('c')]);
        await store.begin('a', { runKey: 'a#1', runNumber: 1 });
        await store.drop(['a']);
        await store.settle('b', 'done');
        await store.fail('c', 'reason');
        const before = await store.list({ limit: 10 });
        for (const id of ['a', 'b', 'c', 'unknown']) {
          await store.defer(id, { until: 1, reason: 'late', counted: true, resend: true });
          await store.fail(id, 'late');
          await store.settle(id, 'late');
        }
        expect(await store.list({ limit: 10 })).toEqual(before);
      });
    });

    describe('the operator', () => {
      it('queues failed and dropped entries again, under a key that is fresh', async () => {
        await store.accept([entry('a'), entry('b'), entry('c')]);
        await store.begin('a', { runKey: 'a#3', runNumber: 3 });
        await store.defer('a', { until: 9, reason: 'x', counted: true, resend: false });
        await store.fail('a', 'reason');
        await store.drop(['b']);
        expect(await store.retry(['a', 'b', 'c', 'unknown'])).toEqual(['a', 'b']);
        expect(await store.get('a')).toMatchObject({
          state: 'pending',
          attempts: 0,
          firstAttemptAt: null,
          retryAt: null,
          runKey: null,
          runNumber: 3,
          reason: null,
        });
        expect(await drain()).toEqual(['a', 'b', 'c']);
      });

      it('drops everything but what is settled', async () => {
        await store.accept(['pending', 'sending', 'failed', 'settled'].map(id => entry(id)));
        await store.hold([entry('held')]);
        await store.begin('sending', { runKey: 'k', runNumber: 1 });
        await store.fail('failed', 'why');
        await store.settle('settled', 'done');
        const ids = ['held', 'pending', 'sending', 'failed', 'settled', 'unknown'];
        expect(await store.drop(ids)).toEqual(['held', 'pending', 'sending', 'failed']);
        expect(await store.drop(ids)).toEqual([]);
        expect(await store.get('failed')).toMatchObject({ state: 'dropped', reason: 'why' });
        await store.endPass({ entries: [], newestFirst: true, cursor: 1 });
        expect((await store.counts()).byState).toMatchObject({ dropped: 4, settled: 1, pending: 0 });
      });

      it('sees the newest first, of the states asked for', async () => {
        await store.accept([
          entry('1', { occurredAt: 1 }),
          entry('3', { occurredAt: 3 }),
          entry('4', { occurredAt: 3 }),
        ]);
        await store.accept([entry('2', { occurredAt: 2, lane: 'x' }), entry('5', { occurredAt: 3 })]);
        await store.fail('2', 'x');
        const ids = async (query: Parameters<Store['list']>[0]) => (await store.list(query)).map(({ id }) => id);
        expect(await ids({ limit: 10 })).toEqual(['5', '4', '3', '2', '1']);
        expect(await ids({ limit: 2 })).toEqual(['5', '4']);
        expect(await ids({ limit: 2, states: ['failed', 'pending', 'failed'] })).toEqual(['5', '4']);
        expect(await ids({ limit: 10, states: ['failed'] })).toEqual(['2']);
        expect(await ids({ limit: 10, states: [] })).toEqual([]);
      });

      it('sees how many there are in each state and since when the oldest waits', async () => {
        const none = { held: 0, pending: 0, sending: 0, settled: 0, failed: 0, dropped: 0 };
        expect(await store.counts()).toEqual({ byState: none, oldestUndelivered: null });
        await store.accept([
          entry('a', { occurredAt: 5 }),
          entry('b', { occurredAt: 3 }),
          entry('c', { occurredAt: 1 }),
        ]);
        await store.hold([entry('d', { occurredAt: 0 })]);
        await store.settle('c', 'done');
        await store.begin('b', { runKey: 'k', runNumber: 1 });
        expect(await store.counts()).toEqual({
          byState: { ...none, held: 1, pending: 1, sending: 1, settled: 1 },
          oldestUndelivered: 3,
        });
      });
    });

    describe('upkeep', () => {
      it('forgets settled and dropped entries last touched before a time, and nothing else', async () => {
        const start = clock.now();
        const many = Array.from({ length: 450 }, (_, i) => `old${i}`);
        await store.accept([...many, 'pending', 'failed', 'dropped', 'young', 'edge'].map(id => entry(id)));
        await Promise.all(many.map(id => store.settle(id, 'done')));
        await store.fail('failed', 'x');
        await store.drop(['dropped']);
        clock.set(start + 1000);
        await store.settle('edge', 'done');
        clock.set(start + 1001);
        await store.settle('young', 'done');
        expect(await store.prune(start + 1000)).toBe(451);
        expect((await store.list({ limit: 10 })).map(({ id }) => id).sort()).toEqual([
          'edge',
          'failed',
          'pending',
          'young',
        ]);
        expect((await store.counts()).byState).toMatchObject({ settled: 2, dropped: 0, pending: 1, failed: 1 });
        expect(await store.prune(start + 1000)).toBe(0);
      });

      it('tells a change by somebody else from its own', async () => {
        const other = await open();
        expect(await store.changedElsewhere()).toBe(false);
        await store.accept([entry('a')]);
        expect(await store.changedElsewhere()).toBe(false);
        await other.drop(['a']);
        expect(await store.changedElsewhere()).toBe(true);
        expect(await store.changedElsewhere()).toBe(false);
      });

      it('lets two stores write to one inbox', async () => {
        const other = await open();
        const calls = Array.from({ length: 40 }, (_, i) => (i % 2 ? store : other).accept([entry(`both${i % 20}`)]));
        const inserted = (await Promise.all(calls)).flatMap(accepted => accepted.inserted);
        expect(inserted.length).toBe(20);
        expect(new Set(inserted).size).toBe(20);
        expect((await other.counts()).byState.pending).toBe(20);
      });

      it('proves that it can commit', async () => {
        await store.probe();
        await store.probe();
      });

      it('commits what was asked for before it closes, and refuses what comes after', async () => {
        const last = store.accept([entry('last')]);
        await store.close();
        await expect(last).resolves.toMatchObject({ inserted: ['last'] });
        await expect(store.accept([entry('after')])).rejects.toMatchObject({ code: 'STORE_CLOSED' });
        await expect(store.counts()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
        await store.close();
        store = await open();
        expect(await store.get('last')).not.toBeNull();
        expect(await store.get('after')).toBeNull();
      });
    });

    describeProperties(async held => {
      const inbox = await create(held);
      return inbox;
    });
  });
}
