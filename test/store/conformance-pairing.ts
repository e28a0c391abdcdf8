import { describe, expect, it } from 'vitest';
import type { ReceivedEntry } from '../../src/store/new-entry.ts';
import type { OpenInbox } from './conformance.ts';
import { account } from './fixtures.ts';
import { ann, minute, offers, pairingSteps } from './pairing-steps.ts';

/** Tests what becomes of messages whose sender has to be approved, and of the codes. */
export function describePairing(inbox: OpenInbox): void {
  const { states, codes, keep, send, pass } = pairingSteps(inbox);

  describe('an arriving message of a sender who is not approved', () => {
    /** A message as it arrives, under a policy that asks for approval. */
    const arriving = (offer = offers()) => {
      return (id: string, over: Partial<Pick<ReceivedEntry, 'occurredAt' | 'from'>> = {}): ReceivedEntry => ({
        ...{ id, account, occurredAt: 1000, body: `body of ${id}` },
        from: { phone: ann.slice(1), userId: null, parentId: null, name: 'Ann' },
        file: ({ key, approved, blocked }) => {
          const lane = `${account}/${key}`;
          const refusal = { kind: 'denied', reason: 'blocked', keepText: false } as const;
          return {
            ...{ lane, contact: key, conversation: lane, session: lane, author: key, pairing: offer(key, id) },
            admission: approved ? { kind: 'admitted' } : blocked ? refusal : { kind: 'unpaired' },
          };
        },
        ...over,
      });
    };
    const lane = `${account}/${ann}`;

    it('is kept with a code for its sender, in one transaction; the next one gets none', async () => {
      const of = arriving();
      const waits = (id: string) => ({ id, state: 'unpaired', reason: null });
      const first = await inbox.store.accept([of('a')]);
      expect(first).toEqual({
        inserted: ['a'],
        failed: [],
        refused: [waits('a')],
        lanes: [],
        replyLanes: [lane],
        pairings: ['a'],
      });
      const second = await inbox.store.accept([of('b'), of('a')]);
      expect(second).toEqual({
        inserted: ['b'],
        failed: [],
        refused: [waits('b')],
        lanes: [],
        replyLanes: [],
        pairings: [],
      });
      await inbox.reopen();
      expect(await states('a', 'b')).toEqual(['unpaired', 'unpaired']);
      expect(await codes()).toEqual(['Your code: CODE1']);
      await inbox.store.access.approve({ code: 'CODE1' }, 'root');
      expect(await inbox.store.accept([of('c')])).toMatchObject({ lanes: [lane], pairings: [] });
      expect(await inbox.drain(lane)).toEqual(['a', 'b', 'c']);
    });

    it('is denied, and begins no pairing, when its code cannot be made', async () => {
      const broken = offers({
        tell: () => {
          throw new Error('no code');
        },
      });
      expect(await inbox.store.accept([arriving(broken)('a')])).toMatchObject({
        refused: [{ id: 'a', state: 'denied', reason: expect.stringContaining('no code') }],
      });
      expect(await states('a')).toEqual(['denied']);
      expect(await inbox.store.access.list()).toEqual([]);
    });

    it('waits, in its place of the list, when the polling pass has ended', async () => {
      const of = arriving();
      expect(await inbox.store.hold(account, [of('d'), of('c')])).toMatchObject({
        replyLanes: [lane],
        pairings: ['d'],
      });
      expect(await states('d', 'c')).toEqual(['held', 'held']);
      const end = { entries: [of('b'), of('a')], newestFirst: true, cursor: 1 };
      expect(await inbox.store.endPass(account, end)).toMatchObject({ lanes: [], replyLanes: [], pairings: [] });
      expect(await states('a', 'b', 'c', 'd')).toEqual(['unpaired', 'unpaired', 'unpaired', 'unpaired']);
      await inbox.store.access.approve({ code: 'CODE1' }, 'root');
      expect(await inbox.drain(lane)).toEqual(['a', 'b', 'c', 'd']);
    });

    it('keeps its place over a pass that a crash has cut off, and is delivered when approved before its end', async () => {
      const of = arriving();
      await inbox.store.hold(account, [of('d'), of('c')]);
      await inbox.reopen();
      await inbox.store.access.approve({ code: 'CODE1' }, 'root');
      const entries = [of('d'), of('c'), of('b'), of('a')];
      const ended = await inbox.store.endPass(account, { entries, newestFirst: true, cursor: 1 });
      expect(ended).toMatchObject({ inserted: ['b', 'a'], lanes: [lane], replyLanes: [] });
      expect(await inbox.drain(lane)).toEqual(['a', 'b', 'c', 'd']);
      expect(await codes()).toHaveLength(1);
    });

    it('that a pass holds waits too when it comes by webhook, and counts among those that are kept', async () => {
      const of = arriving(offers({ held: 2, denied: { body: 'nothing of it' } }));
      await inbox.store.hold(account, [of('b'), of('a')]);
      expect(await inbox.store.accept([of('a'), of('c')])).toMatchObject({ inserted: ['c'], lanes: [] });
      expect(await states('a', 'b', 'c')).toEqual(['unpaired', 'held', 'limited']);
      expect((await inbox.store.get('c'))?.body).toBe('body of c');
    });

    it('is delivered when its sender has another number or id, and a later holder of the number begins anew', async () => {
      const of = arriving();
      const wrote = (phone: string, userId: string) => ({
        from: { phone, userId, parentId: null, name: null },
      });
      await inbox.store.accept([of('a', { ...wrote('15551234567', 'US.1'), occurredAt: 1000 })]);
      await inbox.store.access.approve({ code: 'CODE1' }, 'root');
      await inbox.store.accept([of('b', { ...wrote('15550009999', 'US.1'), occurredAt: 2000 })]);
      await inbox.store.accept([of('c', { ...wrote('15551234567', 'US.2'), occurredAt: 3000 })]);
      expect(await states('a', 'b', 'c')).toEqual(['pending', 'pending', 'unpaired']);
      const listed = await inbox.store.access.list();
      expect(listed.map(({ state, contact }) => ({ state, contact }))).toEqual([
        { state: 'pending', contact: `${ann}~2` },
        { state: 'approved', contact: ann },
      ]);
    });

    it('is refused as soon as an operator has denied it', async () => {
      const of = arriving();
      await inbox.store.accept([of('a')]);
      await inbox.store.access.deny({ code: 'CODE1' }, 'root');
      await inbox.store.accept([of('b')]);
      expect(await states('a', 'b')).toEqual(['dropped', 'denied']);
    });
  });

  describe('the time of a code', () => {
    it('begins when it is sent', async () => {
      await keep(ann, ['a']);
      pass(600 * minute);
      expect(await inbox.store.access.expire()).toEqual([]);
      expect(await inbox.store.access.get(account, ann)).toMatchObject({ expiresAt: null });
      await send('a');
      const over = inbox.clock.now() + 60 * minute;
      expect(await inbox.store.access.get(account, ann)).toMatchObject({ expiresAt: over });
      inbox.clock.set(over - 1);
      expect(await inbox.store.access.expire()).toEqual([]);
      expect(await states('a')).toEqual(['unpaired']);
      inbox.clock.set(over);
      expect(await inbox.store.access.expire()).toEqual([{ account, contact: ann, entries: ['a'] }]);
      expect(await inbox.store.get('a')).toMatchObject({
        state: 'dropped',
        reason: 'Nobody approved its sender while the code was valid',
      });
      expect(await inbox.store.access.list()).toEqual([]);
      expect(await inbox.store.access.expire()).toEqual([]);
    });

    it('begins with the message when the code cannot be sent at all', async () => {
      await keep(ann, ['a']);
      await inbox.store.outbox.fail('a#pairing', { reason: 'refused', code: 131026 });
      pass(60 * minute - 1);
      expect(await inbox.store.access.expire()).toEqual([]);
      pass(1);
      expect(await inbox.store.access.expire()).toHaveLength(1);
    });

    it('is over for an operator too, before anything has noticed it', async () => {
      await keep(ann, ['a']);
      await send('a');
      pass(60 * minute);
      expect(await inbox.store.access.approve({ code: 'CODE1' }, 'root')).toMatchObject({
        done: false,
        why: 'unknown code',
      });
      expect(await states('a')).toEqual(['unpaired']);
    });

    it('does not matter to an operator who names the contact: what was kept is released', async () => {
      await keep(ann, ['a']);
      await send('a');
      pass(60 * minute);
      expect(await inbox.store.access.approve({ account, contact: ann }, 'root')).toMatchObject({
        done: true,
        entries: ['a'],
      });
      expect(await states('a')).toEqual(['pending']);
    });

    it('being over, the next message begins anew, and what was kept before is dropped', async () => {
      const offer = offers();
      await keep(ann, ['a'], offer);
      await send('a');
      pass(60 * minute);
      await keep(ann, ['b'], offer);
      expect(await states('a', 'b')).toEqual(['dropped', 'unpaired']);
      expect(await codes()).toEqual(['body', 'Your code: CODE2']);
      expect(await inbox.store.access.approve({ code: 'CODE1' }, 'root')).toMatchObject({ done: false });
      expect(await inbox.store.access.approve({ code: 'CODE2' }, 'root')).toMatchObject({ done: true, entries: ['b'] });
    });
  });
}
