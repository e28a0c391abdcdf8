import { describe, expect, it } from 'vitest';
import type { OpenInbox } from './conformance.ts';
import { account, entry } from './fixtures.ts';

/** Tests what is delivered with another entry: the context that it carries, and the entries merged into it. */
export function describeCompanions(inbox: OpenInbox): void {
  const ann = (id: string, occurredAt: number, more: object = {}) => entry(id, { occurredAt, author: 'ann', ...more });
  const carried = async (id: string, limit = 10) => {
    const { entries, count } = await inbox.store.context(id, limit);
    return [entries.map(one => one.id), count];
  };
  const begin = (id: string, runNumber = 1) => inbox.store.begin(id, { runKey: `${id}#${runNumber}`, runNumber });

  describe('context', () => {
    it('is settled, and carried by the next that begins, over a restart', async () => {
      await inbox.store.accept([ann('c', 1), ann('a', 2)]);
      await inbox.store.note('c');
      expect(await inbox.store.get('c')).toMatchObject({ state: 'settled', outcome: 'context', carriedBy: null });
      expect(await inbox.store.head('lane')).toMatchObject({ id: 'a' });
      await inbox.reopen();
      expect(await carried('a')).toEqual([[], 0]);
      await begin('a');
      await inbox.reopen();
      expect(await carried('a')).toEqual([['c'], 1]);
      expect(await inbox.store.get('c')).toMatchObject({ carriedBy: 'a' });
    });

    it('is carried once, and by the same entry over all its runs', async () => {
      await inbox.store.accept([ann('c', 1), ann('a', 2), ann('late', 3), ann('b', 4)]);
      await inbox.store.note('c');
      await begin('a');
      await inbox.store.note('late');
      await begin('a', 2);
      expect(await carried('a')).toEqual([['c'], 1]);
      await begin('b');
      expect(await carried('b')).toEqual([['late'], 1]);
      expect(await carried('a')).toEqual([['c'], 1]);
    });

    it('is of its author and its lane alone', async () => {
      await inbox.store.accept([
        ann('c', 1),
        ann('other lane', 2, { lane: 'x' }),
        ann('bob', 3, { author: 'bob' }),
        entry('nobody', { occurredAt: 4 }),
        ann('a', 5),
      ]);
      await inbox.store.note('c');
      for (const id of ['other lane', 'bob', 'nobody']) {
        await begin(id);
        expect(await carried(id)).toEqual([[], 0]);
      }
      await begin('a');
      expect(await carried('a')).toEqual([['c'], 1]);
    });

    it('is of all authors of the lane for an entry that asks for that, in order', async () => {
      const others = [ann('c', 1), ann('d', 2, { author: 'bob' }), ann('elsewhere', 3, { lane: 'x', author: 'bob' })];
      await inbox.store.accept([...others, ann('a', 4, { author: 'cem' })]);
      for (const id of ['d', 'c', 'elsewhere']) await inbox.store.note(id);
      await inbox.store.begin('a', { runKey: 'a', runNumber: 1, contextOf: 'lane' });
      expect(await carried('a')).toEqual([['c', 'd'], 2]);
    });

    it('is carried by none whose beginning was refused', async () => {
      await inbox.store.accept([ann('c', 1), ann('a', 2), ann('b', 3)]);
      await inbox.store.note('c');
      await inbox.store.drop(['a']);
      await expect(begin('a')).rejects.toMatchObject({ code: 'STORE_STATE' });
      await begin('b');
      expect(await carried('b')).toEqual([['c'], 1]);
    });

    it('shows its newest, in order, and says how many there are', async () => {
      await inbox.store.accept([1, 2, 3, 4].map(at => ann(`c${at}`, at)));
      await inbox.store.accept([ann('a', 5)]);
      for (const at of [3, 1, 4, 2]) await inbox.store.note(`c${at}`);
      await begin('a');
      expect(await carried('a', 2)).toEqual([['c3', 'c4'], 4]);
    });

    it('can be made of what waits only', async () => {
      await inbox.store.accept([ann('a', 1), ann('b', 2)]);
      await begin('a');
      await inbox.store.note('a');
      expect(await inbox.store.get('a')).toMatchObject({ state: 'sending' });
    });

    it('has a run of its own when an operator insists, and is no context then', async () => {
      await inbox.store.accept([ann('c', 1), ann('a', 2)]);
      await inbox.store.note('c');
      expect(await inbox.store.retry(['c'])).toEqual([]);
      expect(await inbox.store.retry(['c'], { force: true })).toEqual(['c']);
      expect(await inbox.store.get('c')).toMatchObject({ state: 'pending', runNumber: 1, outcome: null });
      await begin('a');
      expect(await carried('a')).toEqual([[], 0]);
    });

    it('is not forgotten while something of its lane waits', async () => {
      await inbox.store.accept([ann('c', 1), ann('a', 2)]);
      await inbox.store.note('c');
      await begin('a');
      expect(await inbox.store.prune(inbox.clock.now() + 1)).toBe(0);
      await inbox.store.settle('a', 'answered');
      expect(await inbox.store.prune(inbox.clock.now() + 1)).toBe(2);
    });

    it.each(['fail', 'drop'])('is not forgotten while a message that can be retried may carry it: %s', async how => {
      await inbox.store.accept([ann('c', 1), ann('a', 2)]);
      await inbox.store.note('c');
      await begin('a');
      inbox.clock.set(inbox.clock.now() + 1000);
      if (how === 'fail') await inbox.store.fail('a', 'why');
      else await inbox.store.drop(['a']);
      expect(await inbox.store.prune(inbox.clock.now())).toBe(0);
      expect(await inbox.store.retry(['a'])).toEqual(['a']);
      await begin('a', 2);
      expect(await carried('a')).toEqual([['c'], 1]);
    });

    it('is not forgotten before what carries it, which can be sent once more', async () => {
      await inbox.store.accept([ann('c', 1), ann('a', 2)]);
      await inbox.store.note('c');
      await begin('a');
      inbox.clock.set(inbox.clock.now() + 1000);
      await inbox.store.settle('a', 'answered');
      expect(await inbox.store.prune(inbox.clock.now())).toBe(0);
      expect(await inbox.store.prune(inbox.clock.now() + 1)).toBe(2);
    });

    it.each([
      ['of another author', { author: 'bob' }],
      ['of another lane', { lane: 'x' }],
    ])('is forgotten although a message failed: one %s', async (_, more) => {
      await inbox.store.accept([ann('c', 1), ann('a', 2, more)]);
      await inbox.store.note('c');
      await inbox.store.fail('a', 'why');
      expect(await inbox.store.prune(inbox.clock.now() + 1)).toBe(1);
      expect(await inbox.store.get('c')).toBeNull();
    });
  });

  describe('amendments', () => {
    const edit = (id: string, amends: string, occurredAt: number, more: object = {}) =>
      ann(id, occurredAt, { amends, ...more });

    it('are found through one another, in order, of the same author and lane alone', async () => {
      await inbox.store.accept([
        ann('a', 1),
        edit('second', 'first', 3),
        edit('first', 'a', 2),
        edit('foreign', 'a', 4, { author: 'bob' }),
        edit('elsewhere', 'a', 5, { lane: 'x' }),
        edit('through the foreign', 'foreign', 6),
        entry('nameless', { amends: 'a', occurredAt: 7 }),
      ]);
      const found = await inbox.store.amendments({ id: 'a', lane: 'lane', author: 'ann' });
      expect(found.map(({ id }) => id)).toEqual(['first', 'second']);
    });

    it('are 200 at most, those that arrived first, and a circle of them has an end', async () => {
      const before = Array.from({ length: 150 }, (_, i) => edit(`e${i}`, i === 0 ? 'a' : `e${i - 1}`, 1000 - i));
      const aside = Array.from({ length: 150 }, (_, i) => edit(`f${i}`, 'e149', 2000 + i));
      await inbox.store.accept([ann('a', 1, { amends: 'e0' }), ...before, ...aside]);
      const found = await inbox.store.amendments({ id: 'a', lane: 'lane', author: 'ann' });
      const ids = [...before.map(({ id }) => id).reverse(), ...aside.slice(0, 50).map(({ id }) => id)];
      expect(found.map(({ id }) => id)).toEqual(ids);
    });

    it('that name each other in a circle end', async () => {
      await inbox.store.accept([edit('a', 'b', 1), edit('b', 'a', 2)]);
      const found = await inbox.store.amendments({ id: 'a', lane: 'lane', author: 'ann' });
      expect(found.map(({ id }) => id)).toEqual(['b']);
    });

    it('take effect in one step, over a restart', async () => {
      await inbox.store.accept([ann('a', 1), edit('e', 'a', 2)]);
      await inbox.store.hold(account, [edit('held', 'a', 3)]);
      expect(await inbox.store.revise('a', { body: 'new', merged: ['e', 'held'] })).toBe(true);
      await inbox.reopen();
      expect(await inbox.store.get('a')).toMatchObject({ state: 'pending', body: 'new' });
      for (const id of ['e', 'held']) {
        expect(await inbox.store.get(id)).toMatchObject({ state: 'settled', outcome: 'merged', carriedBy: 'a' });
      }
      await inbox.store.accept([edit('held', 'a', 3)]);
      expect(await inbox.drain()).toEqual(['a']);
    });

    it('that are context are merged where no entry carries them', async () => {
      await inbox.store.accept([edit('told', 'a', 1), ann('b', 2)]);
      await inbox.store.note('told');
      await begin('b');
      await inbox.store.accept([ann('a', 0), edit('free', 'a', 3)]);
      await inbox.store.note('free');
      expect(await inbox.store.revise('a', { body: 'new', merged: ['told', 'free'] })).toBe(true);
      expect(await inbox.store.get('free')).toMatchObject({ state: 'settled', outcome: 'merged', carriedBy: 'a' });
      expect(await inbox.store.get('told')).toMatchObject({ state: 'settled', outcome: 'context', carriedBy: 'b' });
      expect(await carried('b')).toEqual([['told'], 1]);
    });

    it('change nothing that has begun', async () => {
      await inbox.store.accept([ann('a', 1), edit('e', 'a', 2), edit('begun', 'a', 3)]);
      await begin('a');
      expect(await inbox.store.revise('a', { body: 'new', merged: ['e'] })).toBe(false);
      await inbox.store.defer('a', { until: 1, reason: 'again', counted: true, resend: true });
      expect(await inbox.store.revise('a', { body: 'new', merged: ['e'] })).toBe(false);
      expect(await inbox.store.get('a')).toMatchObject({ body: 'body of a' });
      expect(await inbox.store.get('e')).toMatchObject({ state: 'pending' });
      await begin('begun');
      await inbox.store.settle('a', 'withdrawn', { merged: ['e', 'begun'] });
      expect(await inbox.store.get('e')).toMatchObject({ state: 'settled', outcome: 'merged' });
      expect(await inbox.store.get('begun')).toMatchObject({ state: 'sending' });
    });

    it('are left alone where the settling changes nothing', async () => {
      await inbox.store.accept([ann('a', 1), edit('e', 'a', 2)]);
      await inbox.store.settle('a', 'answered');
      await inbox.store.settle('a', 'withdrawn', { merged: ['e'] });
      expect(await inbox.store.get('a')).toMatchObject({ outcome: 'answered' });
      expect(await inbox.store.get('e')).toMatchObject({ state: 'pending' });
    });
  });
}
