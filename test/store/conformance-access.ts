import { describe, expect, it } from 'vitest';
import type { OpenInbox } from './conformance.ts';
import { account } from './fixtures.ts';
import { ann, bob, from, minute, offers, pairingSteps } from './pairing-steps.ts';

/** Tests who is let in, who waits for it, and who is kept out. */
export function describeAccess(inbox: OpenInbox): void {
  const { states, codes, keep, pass } = pairingSteps(inbox);

  describe('access', () => {
    it('keeps the messages of a contact and has one code sent, which stays over a restart', async () => {
      await inbox.store.accept([from(ann, 'a'), from(ann, 'b')]);
      const offer = offers();
      const held = await inbox.store.awaitApproval('a', offer(ann, 'a'));
      expect(held).toEqual({ state: 'unpaired', lanes: [`${account}/${ann}`] });
      expect(await inbox.store.awaitApproval('b', offer(ann, 'b'))).toEqual({ state: 'unpaired', lanes: [] });
      await inbox.reopen();
      expect(await states('a', 'b')).toEqual(['unpaired', 'unpaired']);
      expect(await codes()).toEqual(['Your code: CODE1']);
      expect(await inbox.store.outbox.lanes()).toEqual([`${account}/${ann}`]);
      expect(await inbox.store.lanes()).toEqual([]);
      expect(await inbox.store.access.list()).toEqual([
        {
          ...{ account, contact: ann, state: 'pending', since: inbox.clock.now(), decidedBy: null },
          ...{ code: 'CODE1', expiresAt: null, held: 2 },
        },
      ]);
    });

    it.each(['code', 'contact'] as const)('releases what was kept, in its order, when approved by %s', async by => {
      await inbox.store.accept([from(ann, 'late', { occurredAt: 2000 }), from(ann, 'early'), from(bob, 'other')]);
      const offer = offers();
      for (const id of ['late', 'early']) await inbox.store.awaitApproval(id, offer(ann, id));
      await inbox.store.awaitApproval('other', offer(bob, 'other'));
      await inbox.reopen();
      const named = by === 'code' ? { code: 'CODE1' } : { account, contact: ann };
      const decision = await inbox.store.access.approve(named, 'root');
      expect(decision).toMatchObject({ done: true, account, contact: ann, was: 'pending' });
      expect(await states('late', 'early', 'other')).toEqual(['pending', 'pending', 'unpaired']);
      expect(await inbox.drain(`${account}/${ann}`)).toEqual(['early', 'late']);
      expect(await inbox.store.access.get(account, ann)).toMatchObject({
        state: 'approved',
        decidedBy: 'root',
        held: 0,
      });
      expect(await inbox.store.access.get(account, bob)).toMatchObject({ state: 'pending', code: 'CODE2', held: 1 });
      // The code that nobody has sent yet is of no use any more.
      expect((await inbox.store.outbox.get('late#pairing'))?.state).toBe('dropped');
      expect((await inbox.store.outbox.get('other#pairing'))?.state).toBe('pending');
    });

    it('takes a code once, and never another code', async () => {
      await keep(ann, ['a']);
      expect(await inbox.store.access.approve({ code: 'OTHER' }, 'root')).toEqual({
        done: false,
        why: 'unknown code',
        left: 9,
      });
      expect(await states('a')).toEqual(['unpaired']);
      expect(await inbox.store.access.approve({ code: 'CODE1' }, 'root')).toMatchObject({ done: true });
      expect(await inbox.store.access.approve({ code: 'CODE1' }, 'root')).toMatchObject({ why: 'unknown code' });
      const again = await inbox.store.access.approve({ account, contact: ann }, 'root');
      expect(again).toEqual({ done: false, why: 'unchanged', account, contact: ann, was: 'approved' });
    });

    it('keeps nothing of a contact that was approved in the meantime', async () => {
      await inbox.store.accept([from(ann, 'a')]);
      const other = await inbox.open();
      await other.access.approve({ account, contact: ann }, 'root');
      expect(await inbox.store.awaitApproval('a', offers()(ann, 'a'))).toEqual({ state: 'admitted' });
      expect(await states('a')).toEqual(['pending']);
      expect(await codes()).toEqual([]);
    });

    it('keeps only what is pending or under way, whose run then has no known end', async () => {
      await inbox.store.accept([from(ann, 'a'), from(ann, 'b'), from(ann, 'c')]);
      await inbox.store.begin('a', { runKey: 'a', runNumber: 1 });
      await inbox.store.drop(['b']);
      const offer = offers();
      expect(await inbox.store.awaitApproval('b', offer(ann, 'b'))).toBeNull();
      expect(await inbox.store.awaitApproval('unknown', offer(ann, 'unknown'))).toBeNull();
      expect(await inbox.store.access.list()).toEqual([]);
      expect(await inbox.store.awaitApproval('a', offer(ann, 'a'))).toMatchObject({ state: 'unpaired' });
      await inbox.store.access.approve({ code: 'CODE1' }, 'root');
      expect(await inbox.store.get('a')).toMatchObject({ state: 'pending', unresolvedRun: 'a' });
    });

    it('asks anew about what nobody waits for any more, and about nothing else', async () => {
      await keep(ann, ['a']);
      await inbox.store.accept([from(bob, 'b')]);
      await inbox.store.refuse({ id: 'b', state: 'unpaired', reason: null });
      expect(await inbox.store.access.reconsider()).toEqual(['b']);
      expect(await states('a', 'b')).toEqual(['unpaired', 'pending']);
      expect(await inbox.store.access.reconsider()).toEqual([]);
    });

    it('knows which messages tell a code that can be approved', async () => {
      const { access } = inbox.store;
      await keep(ann, ['a']);
      expect([await access.tells('a#pairing'), await access.tells('other')]).toEqual([true, false]);
      await access.approve({ code: 'CODE1' }, 'root');
      expect(await access.tells('a#pairing')).toBe(false);
    });

    it('drops what was kept of a contact that is denied, and keeps it out until that is revoked', async () => {
      await keep(ann, ['a', 'b']);
      const denied = await inbox.store.access.deny({ code: 'CODE1' }, 'root');
      expect(denied).toMatchObject({ done: true, contact: ann, was: 'pending' });
      expect(await inbox.store.get('a')).toMatchObject({
        state: 'dropped',
        reason: 'An operator has denied its sender',
      });
      expect(await inbox.store.outbox.lanes()).toEqual([]);
      await keep(ann, ['c']);
      expect(await inbox.store.get('c')).toMatchObject({
        state: 'denied',
        reason: 'An operator has denied its sender',
      });
      expect(await inbox.store.access.revoke(account, ann)).toMatchObject({ done: true, was: 'blocked' });
      await keep(ann, ['d']);
      expect(await states('d')).toEqual(['unpaired']);
      expect(await inbox.store.access.get(account, ann)).toMatchObject({ state: 'pending' });
    });

    it('forgets an approval, and nothing else, when it is revoked', async () => {
      await keep(ann, ['a']);
      expect(await inbox.store.access.revoke(account, ann)).toMatchObject({ done: false, was: 'pending' });
      await inbox.store.access.approve({ code: 'CODE1' }, 'root');
      expect(await inbox.store.access.revoke(account, bob)).toMatchObject({ done: false, was: null });
      expect(await inbox.store.access.revoke(account, ann)).toMatchObject({ done: true, was: 'approved' });
      expect(await inbox.store.access.list()).toEqual([]);
      expect(await states('a')).toEqual(['pending']);
    });

    it('lists those that wait first, then the approved and the blocked', async () => {
      const offer = offers();
      for (const contact of ['1', '2', '3', '4']) await keep(contact, [`of ${contact}`], offer);
      await inbox.store.access.deny({ account, contact: '1' }, 'root');
      await inbox.store.access.approve({ account, contact: '2' }, 'root');
      pass(1);
      await inbox.store.access.approve({ account, contact: '3' }, 'root');
      const listed = (await inbox.store.access.list()).map(({ contact, state }) => `${contact} ${state}`);
      expect(listed).toEqual(['4 pending', '3 approved', '2 approved', '1 blocked']);
      expect(await inbox.store.access.pending()).toBe(1);
    });

    it('delivers what was kept of a contact that the settings admit, and sends it no code any more', async () => {
      await keep(ann, ['a', 'b']);
      expect((await inbox.store.access.release(account, ann)).toSorted()).toEqual(['a', 'b']);
      expect(await inbox.drain(`${account}/${ann}`)).toEqual(['a', 'b']);
      expect(await inbox.store.access.list()).toEqual([]);
      expect(await inbox.store.outbox.lanes()).toEqual([]);
      await inbox.store.access.approve({ account, contact: ann }, 'root');
      expect(await inbox.store.access.release(account, ann)).toEqual([]);
      expect(await inbox.store.access.get(account, ann)).toMatchObject({ state: 'approved' });
    });

    it('makes another code when one is taken', async () => {
      // A call that is refused in a group is tried once more alone.
      const made = ['SAME', 'SAME', 'SAME', 'OTHER'];
      const offer = offers({ newCode: () => made.shift() ?? 'NONE' });
      await keep(ann, ['a'], offer);
      await keep(bob, ['b'], offer);
      expect(await codes()).toEqual(['Your code: SAME', 'Your code: OTHER']);
    });

    it('lets no more contacts wait than that, and tells the others nothing', async () => {
      const offer = offers({ most: 2, denied: { body: 'nothing of it' } });
      for (const contact of ['1', '2', '3']) await keep(contact, [`of ${contact}`], offer);
      expect(await states('of 1', 'of 2', 'of 3')).toEqual(['unpaired', 'unpaired', 'denied']);
      expect(await inbox.store.get('of 3')).toMatchObject({
        ...{ reason: '2 senders wait for approval already', body: 'nothing of it' },
      });
      expect(await codes()).toHaveLength(2);
      await inbox.store.access.approve({ code: 'CODE1' }, 'root');
      await keep('3', ['later'], offer);
      expect(await states('later')).toEqual(['unpaired']);
    });

    it('keeps no more messages of a contact than that', async () => {
      await keep(ann, ['a', 'b', 'c'], offers({ held: 2 }));
      expect(await states('a', 'b', 'c')).toEqual(['unpaired', 'unpaired', 'limited']);
      expect((await inbox.store.get('c'))?.reason).toBe('2 messages of its sender wait for approval already');
    });

    it('begins no pairing for what its sender has not written, and keeps it with what was', async () => {
      const silent = offers({ tell: null });
      await keep(ann, ['a'], silent);
      expect(await states('a')).toEqual(['denied']);
      expect(await inbox.store.access.list()).toEqual([]);
      await keep(ann, ['b']);
      await keep(ann, ['c'], silent);
      expect(await states('b', 'c')).toEqual(['unpaired', 'unpaired']);
      expect(await codes()).toHaveLength(1);
    });
  });

  describe('wrong codes', () => {
    const guess = (code = 'WRONG') => inbox.store.access.approve({ code }, 'root');

    it('are taken ten times within an hour, then no code is, not even a right one, until the hour is over', async () => {
      await keep(ann, ['a']);
      const began = inbox.clock.now();
      for (let left = 9; left >= 0; left -= 1) {
        expect(await guess()).toEqual({ done: false, why: 'unknown code', left });
        pass(minute);
      }
      await inbox.reopen();
      const refused = { done: false, why: 'too many wrong codes', until: began + 60 * minute };
      expect(await guess('CODE1')).toEqual(refused);
      expect(await inbox.store.access.deny({ code: 'CODE1' }, 'root')).toEqual(refused);
      inbox.clock.set(refused.until - 1);
      expect(await guess('CODE1')).toEqual(refused);
      inbox.clock.set(refused.until);
      expect(await guess('CODE1')).toMatchObject({ done: true, contact: ann });
    });

    it('do not keep an operator from naming the contact', async () => {
      await keep(ann, ['a']);
      for (let wrong = 0; wrong < 10; wrong += 1) await inbox.store.access.deny({ code: 'WRONG' }, 'root');
      expect(await guess('CODE1')).toMatchObject({ why: 'too many wrong codes' });
      expect(await inbox.store.access.approve({ account, contact: ann }, 'root')).toMatchObject({
        done: true,
        entries: ['a'],
      });
    });

    it('of a clock that was wrong refuse nothing for longer than an hour', async () => {
      await keep(ann, ['a']);
      const now = inbox.clock.now();
      inbox.clock.set(now + 7300 * 24 * 60 * minute);
      for (let wrong = 0; wrong < 10; wrong += 1) await guess();
      inbox.clock.set(now);
      expect(await guess('CODE1')).toMatchObject({ done: true });
    });
  });
}
