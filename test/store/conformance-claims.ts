import { beforeEach, describe, expect, it } from 'vitest';
import { claimOfOutbox, pollingRole, rolePrefix } from '../../src/store/claims.ts';
import type { NewOutgoing } from '../../src/store/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import type { OpenInbox } from './conformance.ts';
import { account, entry } from './fixtures.ts';
import { offers } from './pairing-steps.ts';

/** Milliseconds. */
const lease = 1000;
const run = { runKey: 'a', runNumber: 1 };
const polling = rolePrefix + pollingRole(account);
const claimed = { code: 'STORE_CLAIMED' };

const reply: NewOutgoing = {
  ...{ id: 'a#1/1', message: 'a', answer: 'a#1', account, lane: 'ann', recipient: '+15551234567', via: 'relay' },
  ...{ part: 1, parts: 1, body: 'hi', sendBefore: null },
};

/** Everything that a process does with a claim: the claim, and what of the store the change can be seen in. */
const work: [name: string, lane: string, change: (store: Store) => Promise<unknown>][] = [
  ['begin', 'lane', store => store.begin('a', run)],
  ['settle', 'lane', store => store.settle('a', 'silent')],
  ['note', 'lane', store => store.note('a')],
  ['revise', 'lane', store => store.revise('a', { body: 'b', merged: [] })],
  ['fail', 'lane', store => store.fail('a', 'why')],
  ['refuse', 'lane', store => store.refuse({ id: 'a', state: 'denied', reason: 'why' })],
  ['awaitApproval', 'lane', store => store.awaitApproval('a', offers()('+15551234567', 'a'))],
  ['defer', 'lane', s => s.defer('a', { until: 5, reason: 'why', counted: true, resend: true })],
  ['outbox.begin', claimOfOutbox('ann'), s => s.outbox.begin(reply.id, { mark: 'm', recipient: '+1', body: 'b' })],
  ['outbox.revise', claimOfOutbox('ann'), store => store.outbox.revise(reply.id, 'b')],
  ['outbox.sent', claimOfOutbox('ann'), store => store.outbox.sent(reply.id, 'wamid.1')],
  [
    'outbox.defer',
    claimOfOutbox('ann'),
    store => store.outbox.defer(reply.id, { until: 5, reason: 'why', counted: true, resend: true }),
  ],
  ['outbox.fail', claimOfOutbox('ann'), store => store.outbox.fail(reply.id, { reason: 'why', code: null })],
  ['hold', polling, store => store.hold(account, [entry('new')])],
  ['endPass', polling, store => store.endPass(account, { entries: [entry('new')], newestFirst: true, cursor: 7 })],
  ['releaseHeld', polling, store => store.releaseHeld(account, true)],
  ['setCursor', polling, store => store.setCursor(account, 7)],
  ['notes.set', polling, store => store.notes.set('note', 'text', { role: pollingRole(account) })],
  ['setFirstStart', polling, store => store.setFirstStart(account, { own: 7, listed: null })],
];

/** Who works on a lane, where several processes may. */
export function describeClaims(inbox: OpenInbox): void {
  describe('with several processes', () => describeAll(inbox));
}

function describeAll(inbox: OpenInbox): void {
  let [here, there] = [{} as Store, {} as Store];
  const pass = (ms: number) => inbox.clock.set(inbox.clock.now() + ms);

  /** What any of the changes would change. */
  const seen = async () => ({
    entries: await inbox.store.list({ limit: 9 }),
    outgoing: await inbox.store.outbox.list({ limit: 9 }),
    cursor: await inbox.store.cursor(account),
    first: await inbox.store.firstStart(account),
    holding: await inbox.store.holding(),
    note: await inbox.store.notes.get('note'),
  });

  beforeEach(async () => {
    here = await inbox.open({ delivers: true });
    there = await inbox.open({ delivers: true });
    await inbox.store.openAccount(account, { noted: null, startedAt: 1, read: () => null });
    await inbox.store.accept([entry('a', { contact: '+15551234567' }), entry('b', { lane: 'other' })]);
    await inbox.store.outbox.add([reply]);
    await inbox.store.hold(account, [entry('held')]);
  });

  describe('a claim on a lane', () => {
    it('holds against other processes until its lease is over, and gives the lane to one of them', async () => {
      expect(here.claims.owner).not.toBe(there.claims.owner);
      expect(await here.claims.claim(['lane', 'other'], lease)).toEqual(['lane', 'other']);
      pass(lease - 1);
      expect(await there.claims.claim(['lane', 'third', 'other'], lease)).toEqual(['third']);
      pass(1);
      expect(await there.claims.claim(['lane'], lease)).toEqual(['lane']);
      expect(await here.claims.claim(['lane'], lease)).toEqual([]);
      expect(await here.claims.claim(['other'], lease)).toEqual(['other']);
    });

    it('holds over the end of its process', async () => {
      await here.claims.claim(['lane'], lease);
      await here.close();
      expect(await there.claims.claim(['lane'], lease)).toEqual([]);
    });

    it('is made by one of two processes that want it at the same time', async () => {
      const taken = await Promise.all([here.claims.claim(['lane'], lease), there.claims.claim(['lane'], lease)]);
      expect(taken.flat()).toEqual(['lane']);
    });

    it('is renewed with all others of its process, but for those that others have by now', async () => {
      await here.claims.claim(['lane', 'other', 'third'], lease);
      pass(lease);
      await there.claims.claim(['other'], 10 * lease);
      expect((await here.claims.renew(lease)).toSorted()).toEqual(['lane', 'third']);
      pass(lease - 1);
      expect(await there.claims.claim(['lane', 'third'], lease)).toEqual([]);
      pass(1);
      expect(await there.claims.claim(['lane', 'third'], lease)).toEqual(['lane', 'third']);
      expect(await here.claims.renew(lease)).toEqual([]);
    });

    it('is given back by its process alone', async () => {
      await here.claims.claim(['lane', 'other'], lease);
      await there.claims.release(['lane']);
      expect(await there.claims.claim(['lane'], lease)).toEqual([]);
      await here.claims.release(['lane', 'third']);
      expect(await there.claims.claim(['lane', 'other'], lease)).toEqual(['lane']);
      expect(await here.claims.renew(lease)).toEqual(['other']);
    });

    it('can be looked at with its holder, of a kind alone, until its lease is over', async () => {
      await here.claims.claim(['role:b', 'lane', 'rolf'], lease);
      await there.claims.claim(['role:a', 'role:c'], 2 * lease);
      await there.claims.release(['role:c']);
      const holders = [
        { lane: 'role:a', owner: there.claims.owner, left: 2 * lease },
        { lane: 'role:b', owner: here.claims.owner, left: lease },
      ];
      expect(await inbox.store.claims.holders('role:')).toEqual(holders);
      pass(lease + 1);
      const left = [{ ...holders[0], left: lease - 1 }];
      expect(await inbox.store.claims.holders('role:')).toEqual(left);
      // What is over, or was given back, is remembered for a while.
      expect(await inbox.store.claims.holders('role:', { ended: true })).toEqual([
        ...left,
        { ...holders[1], left: -1 },
        { lane: 'role:c', owner: '', left: -lease - 1 },
      ]);
    });

    it('leaves the lane out of those that others look for', async () => {
      await here.claims.claim(['lane', claimOfOutbox('ann')], lease);
      expect((await here.lanes()).toSorted()).toEqual(['lane', 'other']);
      expect(await here.outbox.lanes(account)).toEqual(['ann']);
      expect(await there.lanes(account)).toEqual(['other']);
      expect(await there.outbox.lanes()).toEqual([]);
      pass(lease);
      expect((await there.lanes()).toSorted()).toEqual(['lane', 'other']);
      await here.claims.renew(lease);
      await here.claims.release([claimOfOutbox('ann')]);
      expect(await there.lanes()).toEqual(['other']);
      expect(await there.outbox.lanes()).toEqual(['ann']);
    });

    it('has its lane called abandoned when it ended without having been given back, and something waits there', async () => {
      const abandoned = () => Promise.all([there.abandoned(account), there.outbox.abandoned(account)]);
      const mine = ['lane', 'other', 'empty', claimOfOutbox('ann'), polling];
      await here.claims.claim(mine, lease);
      pass(lease - 1);
      expect(await abandoned()).toEqual([[], []]);
      pass(1);
      const [lanes, outgoing] = await abandoned();
      expect([lanes?.toSorted(), outgoing]).toEqual([['lane', 'other'], ['ann']]);
      expect(await there.abandoned('another')).toEqual([]);
      // Its own process goes on where it can.
      expect([await here.abandoned(account), await here.outbox.abandoned(account)]).toEqual([[], []]);
      await there.claims.claim(['other'], lease);
      await here.claims.release([claimOfOutbox('ann')]);
      expect(await abandoned()).toEqual([['lane'], []]);
      // Claims from before a clock was set back are over as well.
      pass(-3_600_000);
      expect(await here.abandoned(account)).toEqual(['other']);
    });

    it('has its lane called abandoned no more when ten processes in a row have left it: it may be what ends them', async () => {
      const leaveAll = async (store: Store) => {
        expect(await store.claims.claim(['lane'], lease)).toEqual(['lane']);
        pass(lease);
      };
      const third = await inbox.open({ delivers: true });
      for (let n = 0; n < 10; n += 1) {
        await leaveAll(n % 2 === 0 ? here : there);
        expect(await third.abandoned(account)).toEqual(['lane']);
      }
      await leaveAll(here);
      expect(await third.abandoned(account)).toEqual([]);
      // It is not lost: it waits with all others.
      expect((await third.lanes()).toSorted()).toEqual(['lane', 'other']);
      // Who gives it back has got through it.
      await third.claims.claim(['lane'], lease);
      await third.claims.release(['lane']);
      await leaveAll(there);
      expect(await third.abandoned(account)).toEqual(['lane']);
    });

    it('is over at once where its process is known to have ended, and its lane is called abandoned', async () => {
      await here.claims.claim(['lane', 'third', polling, claimOfOutbox('ann')], lease);
      await there.claims.claim(['other'], lease);
      expect(await there.claims.end('somebody else')).toBe(0);
      expect(await there.claims.end(here.claims.owner)).toBe(4);
      expect(await there.claims.end(here.claims.owner)).toBe(0);
      expect([await there.abandoned(account), await there.outbox.abandoned(account)]).toEqual([['lane'], ['ann']]);
      expect(await inbox.store.claims.holders('role:')).toEqual([]);
      expect(await there.claims.claim(['lane'], lease)).toEqual(['lane']);
      // It was not dead, or a last request of it comes late: it changes nothing of what others have by now.
      await expect(here.settle('a', 'silent')).rejects.toMatchObject(claimed);
      expect(await here.claims.claim(['lane'], lease)).toEqual([]);
      expect((await there.claims.renew(lease)).toSorted()).toEqual(['lane', 'other']);
    });

    it('is not held up by a clock of the database that is set back', async () => {
      await here.claims.claim(['lane', 'other', 'third'], lease);
      await here.claims.release(['lane']);
      pass(-1000);
      // What was given back is free, whenever that was.
      expect(await there.claims.claim(['lane', 'other'], lease)).toEqual(['lane']);
      await there.claims.release(['lane']);
      pass(-3_600_000);
      expect((await there.lanes()).toSorted()).toEqual(['lane', 'other']);
      expect(await there.claims.claim(['lane', 'other'], lease)).toEqual(['lane', 'other']);
      await expect(here.settle('b', 'silent')).rejects.toMatchObject(claimed);
      // Who has its claim yet gives it the end that is right now.
      expect(await here.claims.renew(lease)).toEqual(['third']);
      expect(await there.claims.claim(['third'], lease)).toEqual([]);
      await there.claims.claim(['fourth'], lease);
      pass(-3_600_000);
      await inbox.store.begin('a', run);
    });

    it('keeps a process that has the store alone from beginning a run, as an operator wants it', async () => {
      await here.claims.claim(['lane'], lease);
      const before = await seen();
      const refusal = { ...claimed, message: expect.stringContaining(here.claims.owner) };
      await expect(inbox.store.begin('a', run)).rejects.toMatchObject(refusal);
      expect(await seen()).toEqual(before);
      await inbox.store.begin('b', { ...run, runKey: 'b' });
      pass(lease);
      await inbox.store.begin('a', run);
    });

    it('is needed for nothing that arrives, and for nothing that an operator does', async () => {
      await here.claims.claim(['lane', claimOfOutbox('ann'), polling], lease);
      await there.accept([entry('c')]);
      await there.outbox.add([{ ...reply, id: 'other' }]);
      await there.outbox.report({
        ...{ sentId: 'wamid.1', mark: null, status: 'read', at: 1, code: null, reason: null },
      });
      expect(await there.drop(['a'])).toEqual(['a']);
      expect(await there.retry(['a'])).toEqual(['a']);
      expect(await there.outbox.drop([reply.id])).toEqual([reply.id]);
      expect(await there.outbox.retry([reply.id])).toEqual([reply.id]);
    });
  });

  describe('what all processes know together', () => {
    it('is a note by its name, the first of those who want to keep one', async () => {
      expect(await here.notes.get('secret')).toBeNull();
      const kept = await Promise.all([here.notes.keep('secret', 'mine'), there.notes.keep('secret', 'yours')]);
      expect(new Set(kept).size).toBe(1);
      expect(await there.notes.get('secret')).toBe(kept[0]);
      await there.notes.set('secret', 'another');
      await there.notes.set('new', 'other');
      expect([await here.notes.get('secret'), await here.notes.get('new')]).toEqual(['another', 'other']);
      await here.notes.set('secret', null);
      expect(await there.notes.keep('secret', 'last')).toBe('last');
    });

    it('is how often an operator has changed something, and nothing else', async () => {
      const before = await here.operations();
      await there.accept([entry('c')]);
      await there.claims.claim(['lane'], lease);
      await there.settle('a', 'silent');
      expect(await here.operations()).toBe(before);
      const changes = [
        () => there.retry(['a'], { force: true }),
        () => there.drop(['a']),
        () => there.outbox.drop([reply.id]),
        () => there.outbox.retry([reply.id]),
        () => there.access.approve({ account, contact: '+15551234567' }, 'operator'),
        () => there.access.revoke(account, '+15551234567'),
      ];
      for (const [at, change] of changes.entries()) {
        await change();
        expect(await here.operations()).toBe(before + at + 1);
      }
    });
  });

  describe.each(work)('%s', (_, lane, change) => {
    it('is done by the process that has claimed it', async () => {
      const before = await seen();
      await here.claims.claim([lane], lease);
      await change(here);
      expect(await seen()).not.toEqual(before);
    });

    it('changes nothing without a claim, or with that of another process', async () => {
      const before = await seen();
      await expect(change(here)).rejects.toMatchObject(claimed);
      await there.claims.claim([lane, 'third'], lease);
      await here.claims.claim(['third'], lease);
      await expect(change(here)).rejects.toMatchObject(claimed);
      expect(await seen()).toEqual(before);
    });

    it('changes nothing once another process had the lane, also when that has given it back', async () => {
      await here.claims.claim([lane], lease);
      const before = await seen();
      pass(lease);
      await there.claims.claim([lane], lease);
      await expect(change(here)).rejects.toMatchObject(claimed);
      await there.claims.release([lane]);
      await expect(change(here)).rejects.toMatchObject(claimed);
      expect(await seen()).toEqual(before);
      await here.claims.claim([lane], lease);
      await change(here);
    });

    it('changes nothing once the claim was given back', async () => {
      await here.claims.claim([lane], lease);
      await here.claims.release([lane]);
      const before = await seen();
      await expect(change(here)).rejects.toMatchObject(claimed);
      expect(await seen()).toEqual(before);
    });

    it('is done after the lease, as long as nobody else wants the lane', async () => {
      await here.claims.claim([lane], lease);
      pass(10 * lease);
      await change(here);
    });
  });
}
