import { describe, expect, it } from 'vitest';
import type { OpenInbox } from './conformance.ts';
import { account, entry } from './fixtures.ts';

/** Tests what comes in, by either source, and the order that it gets. */
export function describeArrivals(inbox: OpenInbox): void {
  describe('arrival', () => {
    it('gives back what was accepted, unchanged', async () => {
      const body = JSON.stringify({ text: 'zero \u0000, lone \ud800, 👩‍👩‍👧, \u2028' });
      const address = { lane: 'all', contact: '+15551234567', conversation: 'ann and us', session: 'agent:main' };
      await inbox.store.accept([
        entry('wamid.1', { ...address, occurredAt: 123, body, author: 'ann', amends: 'wamid.0' }),
      ]);
      expect(await inbox.store.get('wamid.1')).toEqual({
        id: 'wamid.1',
        account,
        ...address,
        occurredAt: 123,
        receivedAt: inbox.clock.now(),
        body,
        author: 'ann',
        amends: 'wamid.0',
        state: 'pending',
        attempts: 0,
        firstAttemptAt: null,
        retryAt: null,
        runKey: null,
        runNumber: 0,
        unresolvedRun: null,
        reason: null,
        outcome: null,
        begunAt: null,
        carriedBy: null,
        settledAt: null,
        arrivedBy: null,
        updatedAt: inbox.clock.now(),
      });
    });

    it('keeps an id once, whatever brings it at the same moment', async () => {
      const { store } = inbox;
      const brought = await Promise.all([
        store.accept([entry('one'), entry('two')]),
        store.accept([entry('two'), entry('three')]),
        store.hold(account, [entry('three'), entry('four')]),
        store.accept([entry('four'), entry('four')]),
        store.endPass(account, { entries: [entry('one'), entry('five')], newestFirst: false, cursor: 7 }),
        store.accept([entry('five'), entry('four')]),
      ]);
      const ids = ['one', 'two', 'three', 'four', 'five'];
      expect(brought.flatMap(({ inserted }) => inserted)).toEqual(ids);
      expect((await store.waiting('lane', 9)).map(({ id }) => id).sort()).toEqual([...ids].sort());
      expect(await store.counts()).toMatchObject({ byState: { pending: 5, held: 0 } });
    });

    it('keeps by which way each first came, and shows entries in the order in which they came', async () => {
      await inbox.store.accept([entry('late', { occurredAt: 3000, by: 'webhook' })]);
      await inbox.store.hold(account, [
        entry('late', { occurredAt: 3000, by: 'poll' }),
        entry('early', { occurredAt: 1000, by: 'poll' }),
      ]);
      const all = await inbox.store.arrivals({ after: null, limit: 10 });
      expect(all.entries.map(({ id, arrivedBy }) => [id, arrivedBy])).toEqual([
        ['late', 'webhook'],
        ['early', 'poll'],
      ]);
      const [newest, none] = [
        await inbox.store.arrivals({ after: null, limit: 1 }),
        await inbox.store.arrivals({ after: all.last, limit: 10 }),
      ];
      expect(newest.entries.map(({ id }) => id)).toEqual(['early']);
      expect(none).toEqual({ entries: [], last: all.last });
      await inbox.store.accept([entry('b'), entry('c')]);
      const next = await inbox.store.arrivals({ after: all.last, limit: 1 });
      expect(next.entries.map(({ id }) => id)).toEqual(['b']);
      const last = await inbox.store.arrivals({ after: next.last, limit: 9 });
      expect(last.entries.map(({ id }) => id)).toEqual(['c']);
    });

    it('is found by the end of its id, and by those of its answers', async () => {
      const ids = Array.from({ length: 5001 }, (_, at) => `wamid.${at}x`);
      await inbox.store.accept(ids.map(id => entry(id)));
      const answer = {
        answer: 'run',
        account,
        lane: 'l',
        recipient: '15550104477',
        via: 'relay',
        part: 1,
        parts: 1,
      } as const;
      const row = { ...answer, message: 'wamid.7x', body: '{}', sendBefore: null };
      await inbox.store.outbox.add([{ ...row, id: 'wamid.7x#1/1', sentId: 'wamid.OUT-end' }]);
      const { endingWith } = inbox.store;
      expect(await endingWith('.5000x', 5)).toEqual({ entries: ['wamid.5000x'], outgoing: [] });
      expect((await endingWith('7x', 3)).entries).toHaveLength(3);
      expect(await endingWith('7x#1/1', 5)).toEqual({ entries: [], outgoing: ['wamid.7x#1/1'] });
      expect(await endingWith('T-end', 5)).toEqual({ entries: [], outgoing: ['wamid.7x#1/1'] });
    });

    it('names the new ids and the lanes that have work now', async () => {
      await inbox.store.accept([entry('a', { lane: 'x' })]);
      const accepted = await inbox.store.accept([
        entry('a', { lane: 'x' }),
        entry('b', { lane: 'y' }),
        entry('c', { lane: 'y' }),
      ]);
      expect(accepted).toMatchObject({ inserted: ['b', 'c'], failed: [], lanes: ['y'] });
    });

    it('takes an id once when a call brings it twice', async () => {
      const accepted = await inbox.store.accept([entry('a', { body: 'first' }), entry('a', { body: 'second' })]);
      expect(accepted.inserted).toEqual(['a']);
      expect((await inbox.store.get('a'))?.body).toBe('first');
    });

    it('keeps an entry that cannot be delivered as failed, with the reason and outside the lane', async () => {
      expect(await inbox.store.accept([entry('a', { failure: 'not readable' })])).toMatchObject({
        inserted: ['a'],
        failed: [{ id: 'a', reason: 'not readable' }],
        refused: [],
        lanes: [],
      });
      expect(await inbox.store.accept([entry('a', { failure: 'not readable' })])).toMatchObject({ failed: [] });
      expect(await inbox.store.hold(account, [entry('b', { failure: 'neither' })])).toMatchObject({
        inserted: ['b'],
        failed: [{ id: 'b', reason: 'neither' }],
        refused: [],
        lanes: [],
      });
      expect(await inbox.store.releaseHeld(account, true)).toMatchObject({
        inserted: [],
        failed: [],
        refused: [],
        lanes: [],
      });
      expect(await inbox.store.releaseHeld(account, true)).toMatchObject({ inserted: [], failed: [], lanes: [] });
      expect(await inbox.store.get('a')).toMatchObject({ state: 'failed', reason: 'not readable' });
      expect(await inbox.store.get('b')).toMatchObject({ state: 'failed', reason: 'neither' });
      expect(await inbox.store.head('lane')).toBeNull();
    });

    it('never takes a known id again, whatever became of it, by either way, over restarts', async () => {
      const ids = ['held', 'pending', 'sending', 'settled', 'failed', 'dropped'];
      await inbox.store.accept(ids.slice(1).map(id => entry(id)));
      await inbox.store.begin('sending', { runKey: 'key', runNumber: 1 });
      await inbox.store.settle('settled', 'done');
      await inbox.store.fail('failed', 'reason');
      await inbox.store.drop(['dropped']);
      await inbox.store.hold(account, [entry('held')]);
      const before = await inbox.store.list({ limit: 100 });
      inbox.clock.set(inbox.clock.now() + 30 * 86_400_000);
      await inbox.reopen();
      const again = ids.map(id => entry(id, { body: 'other', lane: 'other', occurredAt: 1 }));
      expect((await inbox.store.hold(account, again)).inserted).toEqual([]);
      expect(await inbox.store.list({ limit: 100 })).toEqual(before);
      expect((await inbox.store.endPass(account, { entries: again, newestFirst: true, cursor: 5 })).inserted).toEqual(
        [],
      );
      expect((await inbox.store.accept(again)).inserted).toEqual([]);
      const states = Object.fromEntries((await inbox.store.list({ limit: 100 })).map(({ id, state }) => [id, state]));
      expect(states).toEqual({ ...Object.fromEntries(ids.map(id => [id, id])), held: 'pending' });
    });

    it('refuses what cannot be kept, and nothing of that call stays', async () => {
      await expect(inbox.store.accept([entry('a'), entry('')])).rejects.toMatchObject({ code: 'STORE_INVALID' });
      await expect(inbox.store.accept([entry('a'), entry('b', { occurredAt: Number.NaN })])).rejects.toMatchObject({
        code: 'STORE_INVALID',
      });
      expect(await inbox.store.get('a')).toBeNull();
      expect((await inbox.store.accept([entry('a')])).inserted).toEqual(['a']);
    });
  });

  describe('order in a lane', () => {
    it('is by time first, whatever the order of arrival', async () => {
      await inbox.store.accept([entry('late', { occurredAt: 3 })]);
      await inbox.store.accept([entry('early', { occurredAt: 1 }), entry('middle', { occurredAt: 2 })]);
      expect(await inbox.drain()).toEqual(['early', 'middle', 'late']);
    });

    it('is by call and then by place when the times are equal', async () => {
      await inbox.store.accept([entry('z'), entry('y')]);
      await inbox.store.accept([entry('b'), entry('a')]);
      expect(await inbox.drain()).toEqual(['z', 'y', 'b', 'a']);
    });

    it('is the reverse of a list that was newest first', async () => {
      await inbox.store.hold(account, [entry('6'), entry('5')]);
      await inbox.store.hold(account, [entry('4'), entry('3')]);
      await inbox.store.endPass(account, { entries: [entry('2'), entry('1')], newestFirst: true, cursor: 1 });
      expect(await inbox.drain()).toEqual(['1', '2', '3', '4', '5', '6']);
    });

    it('is the order of a list that was oldest first', async () => {
      await inbox.store.hold(account, [entry('1'), entry('2')]);
      await inbox.store.hold(account, [entry('3'), entry('4')]);
      await inbox.store.endPass(account, { entries: [entry('5')], newestFirst: false, cursor: 1 });
      expect(await inbox.drain()).toEqual(['1', '2', '3', '4', '5']);
    });

    it('puts a pass before the calls that came after it began, and before the next pass', async () => {
      await inbox.store.hold(account, [entry('2'), entry('1')]);
      await inbox.store.accept([entry('3')]);
      await inbox.store.endPass(account, { entries: [entry('0')], newestFirst: true, cursor: 1 });
      await inbox.store.endPass(account, { entries: [entry('5'), entry('4')], newestFirst: true, cursor: 1 });
      expect(await inbox.drain()).toEqual(['0', '1', '2', '3', '4', '5']);
    });

    it('is by call also when calls are written to disk together, with a pass that begins between them', async () => {
      await Promise.all([
        inbox.store.accept([entry('b'), entry('a')]),
        inbox.store.accept([entry('c')]),
        inbox.store.hold(account, [entry('e'), entry('d')]),
        inbox.store.accept([entry('f')]),
      ]);
      await inbox.store.endPass(account, { entries: [], newestFirst: true, cursor: 1 });
      expect(await inbox.drain()).toEqual(['b', 'a', 'c', 'd', 'e', 'f']);
    });

    it('is by call also between processes, where a call of one was undone', async () => {
      const [here, there] = [inbox.store, await inbox.open()];
      const undone = here.endPass(account, { entries: [entry('x')], newestFirst: true, cursor: Number.NaN });
      await expect(undone).rejects.toMatchObject({ code: 'STORE_INVALID' });
      for (const id of ['1', '2', '3']) await there.accept([entry(id)]);
      await here.accept([entry('4')]);
      await there.accept([entry('5')]);
      expect(await inbox.drain()).toEqual(['1', '2', '3', '4', '5']);
    });

    it('gives a held entry its place in the later pass that lists it again', async () => {
      await inbox.store.hold(account, [entry('3'), entry('2')]);
      await inbox.reopen();
      await inbox.store.hold(account, [entry('4'), entry('3')]);
      await inbox.store.endPass(account, { entries: [entry('2'), entry('1')], newestFirst: true, cursor: 1 });
      expect(await inbox.drain()).toEqual(['1', '2', '3', '4']);
    });

    it('of a pass that is begun once more is that of its list, and of what came meanwhile', async () => {
      await inbox.store.hold(account, [entry('1')]);
      await inbox.store.accept([entry('2')]);
      const again = { newestFirst: true, begins: true };
      await inbox.store.hold(account, [entry('5'), entry('4')], again);
      await inbox.store.endPass(account, {
        ...{ newestFirst: true, cursor: 1 },
        entries: [entry('3'), entry('2'), entry('1'), entry('0')],
      });
      expect(await inbox.drain()).toEqual(['0', '1', '2', '3', '4', '5']);
    });

    it('of a pass that was left with its first page is that of the list, also where the next pass has only one', async () => {
      await inbox.store.hold(account, [entry('2'), entry('1')]);
      await inbox.store.accept([entry('3')]);
      await inbox.store.endPass(account, {
        ...{ newestFirst: true, begins: true, cursor: 1 },
        entries: [entry('4'), entry('3'), entry('2'), entry('1')],
      });
      expect(await inbox.drain()).toEqual(['1', '2', '3', '4']);
    });

    it.each([true, false])(
      'stays when a pass over two pages is begun once more after a webhook (restart: %s)',
      async restarts => {
        const place = { newestFirst: true, begins: true };
        await inbox.store.hold(account, [entry('3'), entry('2')], place);
        await inbox.store.accept([entry('4')]);
        if (restarts) await inbox.reopen();
        await inbox.store.hold(account, [entry('4'), entry('3')], place);
        await inbox.store.endPass(account, { entries: [entry('2'), entry('1')], newestFirst: true, cursor: 1 });
        expect(await inbox.drain()).toEqual(['1', '2', '3', '4']);
      },
    );

    it('of a pass that is begun once more goes by what is known of the same sender, not of others', async () => {
      await inbox.store.hold(account, [entry('1')]);
      await inbox.store.accept([entry('2')]);
      await inbox.store.accept([entry('x', { lane: 'other' })]);
      await inbox.store.hold(account, [entry('x', { lane: 'other' }), entry('3')], { newestFirst: true, begins: true });
      await inbox.store.endPass(account, { entries: [entry('2'), entry('1')], newestFirst: true, cursor: 1 });
      expect(await inbox.drain()).toEqual(['1', '2', '3']);
    });

    it('stays within what only the list has, over two pages', async () => {
      await inbox.store.hold(account, [entry('x'), entry('3')], { newestFirst: true, begins: true });
      await inbox.store.endPass(account, { entries: [entry('2'), entry('1')], newestFirst: true, cursor: 1 });
      await inbox.store.accept([entry('y')]);
      await inbox.store.hold(account, [entry('b'), entry('y'), entry('a2')], { newestFirst: true, begins: true });
      await inbox.store.endPass(account, { entries: [entry('a1')], newestFirst: true, cursor: 1 });
      expect(await inbox.drain()).toEqual(['1', '2', '3', 'x', 'y', 'a1', 'a2', 'b']);
    });

    it('of a list that is oldest first stays when a pass is begun once more after a webhook', async () => {
      await inbox.store.hold(account, [entry('1'), entry('2')], { newestFirst: false, begins: true });
      await inbox.store.accept([entry('3')]);
      const entries = [entry('1'), entry('2'), entry('3')];
      await inbox.store.endPass(account, { entries, newestFirst: false, begins: true, cursor: 1 });
      expect(await inbox.drain()).toEqual(['1', '2', '3']);
    });

    it('is that of the list also when a pass is begun more than once', async () => {
      const place = { newestFirst: true, begins: true };
      await inbox.store.hold(account, [entry('2')], place);
      await inbox.store.accept([entry('3')]);
      await inbox.store.hold(account, [entry('4'), entry('3')], place);
      await inbox.store.accept([entry('5')]);
      await inbox.store.hold(account, [entry('6'), entry('5'), entry('4')], place);
      await inbox.store.endPass(account, {
        ...{ newestFirst: true, cursor: 1 },
        entries: [entry('3'), entry('2'), entry('1')],
      });
      expect(await inbox.drain()).toEqual(['1', '2', '3', '4', '5', '6']);
    });

    it('keeps the first place when the page that takes over a held entry has it twice', async () => {
      await inbox.store.hold(account, [entry('b')]);
      await inbox.store.hold('another', [entry('b'), entry('a'), entry('b')]);
      await inbox.store.releaseHeld('another', false);
      await inbox.store.releaseHeld(account, false);
      expect(await inbox.drain()).toEqual(['b', 'a']);
    });

    it('keeps the first place when pages of one pass overlap', async () => {
      await inbox.store.hold(account, [entry('4'), entry('3')]);
      await inbox.store.endPass(account, {
        entries: [entry('4'), entry('3'), entry('2')],
        newestFirst: true,
        cursor: 1,
      });
      expect(await inbox.drain()).toEqual(['2', '3', '4']);
    });

    it.each([true, false])(
      'stays as the list says when the webhook of one comes before the pass has ended (newest first: %s)',
      async newestFirst => {
        const listed = (...names: string[]) => (newestFirst ? names.toReversed() : names).map(name => entry(name));
        await inbox.store.hold(account, listed('1', '2', '3', '4', '5'), { newestFirst });
        await inbox.store.accept([entry('3')]);
        await inbox.store.accept([entry('6')]);
        await inbox.store.accept([entry('4')]);
        await inbox.store.endPass(account, { entries: [], newestFirst, cursor: 1 });
        expect(await inbox.drain()).toEqual(['1', '2', '3', '4', '5', '6']);
      },
    );

    it('holds for what the pass found of the conversation before it, which then waits no longer', async () => {
      const older = [entry('a', { occurredAt: 1 }), entry('b', { occurredAt: 2 })];
      await inbox.store.hold(account, [entry('d', { occurredAt: 3 }), entry('c', { occurredAt: 3 }), ...older]);
      await inbox.store.hold(account, [entry('x', { lane: 'other', occurredAt: 1 })]);
      await inbox.store.hold('another', [entry('y', { account: 'another', occurredAt: 1, lane: 'theirs' })]);
      const accepted = await inbox.store.accept([entry('c', { occurredAt: 3 })]);
      expect(accepted).toMatchObject({ inserted: [], lanes: ['lane'] });
      expect(
        await Promise.all(['a', 'b', 'c', 'd', 'x', 'y'].map(async id => (await inbox.store.get(id))?.state)),
      ).toEqual(['pending', 'pending', 'pending', 'held', 'held', 'held']);
      expect(await inbox.drain()).toEqual(['a', 'b', 'c']);
      await inbox.store.releaseHeld(account, true);
      expect(await inbox.drain()).toEqual(['d']);
    });

    it('does not mix lanes', async () => {
      await inbox.store.accept([entry('a', { lane: 'x' }), entry('b', { lane: 'y' }), entry('c', { lane: 'x' })]);
      expect((await inbox.store.lanes()).sort()).toEqual(['x', 'y']);
      expect(await inbox.drain('x')).toEqual(['a', 'c']);
      expect(await inbox.store.lanes()).toEqual(['y']);
    });
  });

  describe('a polling pass', () => {
    it('keeps its pages from delivery until it ends, and moves the cursor only then', async () => {
      await inbox.store.setCursor(account, 10);
      expect((await inbox.store.hold(account, [entry('b')])).inserted).toEqual(['b']);
      expect(await inbox.store.head('lane')).toBeNull();
      expect(await inbox.store.lanes()).toEqual([]);
      expect(await inbox.store.cursor(account)).toBe(10);
      const end = await inbox.store.endPass(account, {
        entries: [entry('a', { lane: 'x' })],
        newestFirst: true,
        cursor: 20,
      });
      expect(end.inserted).toEqual(['a']);
      expect(end.lanes.sort()).toEqual(['lane', 'x']);
      expect(await inbox.store.cursor(account)).toBe(20);
      expect((await inbox.store.head('lane'))?.id).toBe('b');
    });

    it('has no cursor before the first', async () => {
      expect(await inbox.store.cursor(account)).toBeNull();
    });

    it('leaves what it held on disk when it is cut off, for the next one to release', async () => {
      await inbox.store.setCursor(account, 10);
      await inbox.store.hold(account, [entry('a')]);
      await inbox.reopen();
      expect(await inbox.store.get('a')).toMatchObject({ state: 'held' });
      expect(await inbox.store.cursor(account)).toBe(10);
      expect(await inbox.store.endPass(account, { entries: [], newestFirst: true, cursor: 20 })).toMatchObject({
        inserted: [],
        failed: [],
        refused: [],
        lanes: ['lane'],
      });
      expect(await inbox.drain()).toEqual(['a']);
    });

    it('can be released before its end, and the cursor stays', async () => {
      await inbox.store.setCursor(account, 10);
      await inbox.store.hold(account, [entry('b'), entry('a')]);
      expect(await inbox.store.releaseHeld(account, true)).toMatchObject({ inserted: [], failed: [], lanes: ['lane'] });
      expect(await inbox.store.cursor(account)).toBe(10);
      expect(await inbox.store.releaseHeld(account, true)).toMatchObject({ inserted: [], failed: [], lanes: [] });
      expect(await inbox.drain()).toEqual(['a', 'b']);
    });

    it('lets a held entry go at once when it comes by the webhook', async () => {
      await inbox.store.hold(account, [entry('a')]);
      expect(await inbox.store.accept([entry('a')])).toMatchObject({ inserted: [], failed: [], lanes: ['lane'] });
      expect((await inbox.store.head('lane'))?.id).toBe('a');
      expect(await inbox.store.endPass(account, { entries: [entry('a')], newestFirst: true, cursor: 1 })).toMatchObject(
        {
          inserted: [],
          failed: [],
          lanes: [],
        },
      );
    });

    it('applies nothing when its end cannot be kept', async () => {
      await inbox.store.setCursor(account, 10);
      await inbox.store.hold(account, [entry('b')]);
      const end = inbox.store.endPass(account, { entries: [entry('a')], newestFirst: true, cursor: Number.NaN });
      await expect(end).rejects.toMatchObject({ code: 'STORE_INVALID' });
      expect(await inbox.store.get('a')).toBeNull();
      expect(await inbox.store.get('b')).toMatchObject({ state: 'held' });
      await inbox.store.endPass(account, { entries: [entry('a')], newestFirst: true, cursor: 20 });
      expect(await inbox.drain()).toEqual(['a', 'b']);
    });
  });
}
