import { describe, expect, it } from 'vitest';
import { conversationKey } from '../../src/domain/conversation.ts';
import type { ReceivedEntry } from '../../src/store/new-entry.ts';
import type { NewOutgoing } from '../../src/store/outbox.ts';
import type { OpenInbox } from './conformance.ts';
import { account } from './fixtures.ts';
import { offers } from './pairing-steps.ts';
import { received } from './received.ts';

const keyOf = (contact: string) => conversationKey({ account, contact, group: null });
/** An entry in the lane of its contact. */
const from = (id: string, who: Parameters<typeof received>[1], occurredAt = 1000): ReceivedEntry => {
  const entry = received(id, who, { occurredAt });
  return {
    ...entry,
    file: contact => ({ ...entry.file(contact), lane: keyOf(contact.key), conversation: keyOf(contact.key) }),
  };
};
const answer = (message: string, contact: string): NewOutgoing => ({
  ...{ id: `${message}#1/1`, message, answer: `${message}#1`, account, lane: keyOf(contact), recipient: contact },
  ...{ via: 'relay', part: 1, parts: 1, body: '{}', sendBefore: null },
});

const [ann, id] = ['+15550107001', 'US.1'];
const together = { alone: false };

/** What an operator says of who is who. */
export function describeLinks(inbox: OpenInbox): void {
  const contacts = () => inbox.store.contacts;
  const get = async (entry: string) => inbox.store.get(entry);
  const two = () => inbox.store.accept([from('a', { phone: '15550107001' }, 10), from('b', { userId: 'US.1' }, 20)]);

  describe('a link', () => {
    it('makes one contact of two: what waits moves into the lane and session that are kept, and comes in order', async () => {
      await two();
      await inbox.store.accept([from('c', { phone: '15550107001' }, 30), from('done', { userId: 'US.1' }, 5)]);
      await inbox.store.settle('done', 'silent');
      await inbox.store.outbox.add([answer('done', id)]);
      expect(await contacts().link(account, { keep: ann, other: id }, together)).toEqual({
        done: true,
        contact: ann,
        moved: 1,
      });
      expect(await inbox.store.lanes()).toEqual([keyOf(ann)]);
      expect(await get('b')).toMatchObject({
        contact: ann,
        author: ann,
        conversation: keyOf(ann),
        session: `session of ${ann}`,
      });
      // What has ended keeps its place, and is the contact's all the same.
      expect(await get('done')).toMatchObject({ contact: ann, lane: keyOf(id), session: `session of ${id}` });
      expect(await inbox.store.outbox.lanes()).toEqual([keyOf(ann)]);
      expect(await inbox.drain(keyOf(ann))).toEqual(['a', 'b', 'c']);
      await inbox.store.accept([from('d', { userId: 'US.1' }, 40)]);
      expect(await get('d')).toMatchObject({ contact: ann, lane: keyOf(ann) });
      expect((await contacts().list(account)).map(({ key }) => key)).toEqual([ann]);
    });

    it('settles the conflict between the two, and answers at the number where one is known', async () => {
      await two();
      await inbox.store.accept([from('both', { phone: '15550107001', userId: 'US.1' }, 30)]);
      expect(await contacts().conflicts()).toHaveLength(1);
      await contacts().link(account, { keep: id, other: ann }, together);
      expect(await contacts().conflicts()).toEqual([]);
      expect(await contacts().get(account, id)).toMatchObject({ address: ann, origin: id });
    });

    it('waits for a run, and for an answer under way: never are two lanes at work for one contact', async () => {
      await two();
      await inbox.store.begin('b', { runKey: 'b', runNumber: 1, lane: keyOf(id) });
      const link = () => contacts().link(account, { keep: ann, other: id }, together);
      expect(await link()).toEqual({ done: false, why: 'busy', message: 'b' });
      expect(await inbox.store.lanes()).toHaveLength(2);
      await inbox.store.settle('b', 'answering', { outgoing: [answer('b', id)] });
      await inbox.store.outbox.begin('b#1/1', { mark: 'm', recipient: id, body: '{}' });
      expect(await link()).toEqual({ done: false, why: 'busy', message: 'b' });
      await inbox.store.outbox.sent('b#1/1', 'wamid.1');
      expect(await link()).toMatchObject({ done: true });
    });

    it('moves what was with the agent too when nobody works; its run is looked for where it began', async () => {
      await two();
      await inbox.store.begin('b', { runKey: 'b', runNumber: 1 });
      expect(await contacts().link(account, { keep: ann, other: id }, { alone: true })).toMatchObject({
        done: true,
        moved: 1,
      });
      expect(await get('b')).toMatchObject({ state: 'sending', lane: keyOf(ann), session: `session of ${id}` });
    });

    it('lets nothing begin that was taken from the former lane, and nothing at all in a lane that is claimed', async () => {
      await two();
      const stale = await inbox.store.head(keyOf(id));
      const lanes = await contacts().lanesOf(account, [ann, id]);
      expect(lanes.toSorted()).toEqual([keyOf(ann), keyOf(id)]);
      const operator = await inbox.open();
      expect((await operator.claims.claim(lanes, 1000)).toSorted()).toEqual(lanes.toSorted());
      const run = { runKey: 'b', runNumber: 1, lane: stale?.lane ?? '' };
      await expect(inbox.store.begin('b', run)).rejects.toMatchObject({ code: 'STORE_CLAIMED' });
      await contacts().link(account, { keep: ann, other: id }, together);
      await operator.claims.release(lanes);
      await expect(inbox.store.begin('b', run)).rejects.toMatchObject({ code: 'STORE_CLAIMED' });
      await inbox.store.begin('b', { ...run, lane: keyOf(ann) });
    });

    it('keeps a block of either, else an approval, and delivers or drops by that what waited for one', async () => {
      await two();
      expect(await inbox.store.awaitApproval('b', offers()(id, 'b'))).toMatchObject({ state: 'unpaired' });
      await inbox.store.access.approve({ account, contact: ann }, 'operator');
      await contacts().link(account, { keep: id, other: ann }, together);
      expect(await contacts().get(account, id)).toMatchObject({ approved: { by: 'operator' }, blocked: false });
      expect(await get('b')).toMatchObject({ state: 'pending' });
      expect(await inbox.store.outbox.get('b#pairing')).toMatchObject({ state: 'dropped' });
      await inbox.store.accept([from('c', { userId: 'US.2' })]);
      await inbox.store.access.deny({ account, contact: 'US.2' }, 'operator');
      await contacts().link(account, { keep: id, other: 'US.2' }, together);
      expect(await contacts().get(account, id)).toMatchObject({ approved: null, blocked: true });
    });

    it('of a contact with itself, or with one that is not there, changes nothing', async () => {
      await two();
      expect(await contacts().link(account, { keep: ann, other: ann }, together)).toMatchObject({ why: 'one contact' });
      expect(await contacts().link(account, { keep: ann, other: 'US.9' }, together)).toMatchObject({
        why: 'unknown contact',
      });
    });
  });

  describe('to undo a link', () => {
    const read = (body: string) =>
      body.endsWith(' b') || body.endsWith(' c') ? from('', { userId: 'US.1' }) : from('', { phone: '15550107001' });

    it('gives what waits by that identity a lane and a session of its own, without the access of the other', async () => {
      await two();
      await inbox.store.access.approve({ account, contact: ann }, 'operator');
      await contacts().link(account, { keep: ann, other: id }, together);
      await inbox.store.accept([from('c', { userId: 'US.1' }, 30)]);
      expect(await contacts().unlink(account, id, { ...together, read })).toEqual({
        done: true,
        contact: id,
        moved: 2,
      });
      expect(await get('a')).toMatchObject({ contact: ann, lane: keyOf(ann) });
      for (const entry of ['b', 'c']) {
        expect(await get(entry)).toMatchObject({ contact: id, lane: keyOf(id), session: `session of ${id}` });
      }
      expect(await contacts().get(account, id)).toMatchObject({ approved: null, address: id });
      expect(await contacts().get(account, ann)).toMatchObject({ approved: { by: 'operator' }, address: ann });
      await inbox.store.accept([from('d', { userId: 'US.1' }, 40), from('e', { phone: '15550107001' }, 40)]);
      expect([(await get('d'))?.contact, (await get('e'))?.contact]).toEqual([id, ann]);
    });

    it('leaves the answers of the other one where that one still is', async () => {
      await inbox.store.accept([from('a', { phone: '15550107001', userId: 'US.1' })]);
      expect(await contacts().unlink(account, ann, { ...together, read })).toMatchObject({
        done: true,
        contact: `${ann}~2`,
      });
      expect(await contacts().get(account, ann)).toMatchObject({ address: id });
      expect(await contacts().get(account, `${ann}~2`)).toMatchObject({ address: ann });
    });

    it('is refused for the only identity of a contact, an unknown one, and one whose message is with the agent', async () => {
      await two();
      expect(await contacts().unlink(account, id, { ...together, read })).toMatchObject({ why: 'only identity' });
      expect(await contacts().unlink(account, 'US.9', { ...together, read })).toMatchObject({ why: 'unknown contact' });
      await contacts().link(account, { keep: ann, other: id }, together);
      await inbox.store.begin('a', { runKey: 'a', runNumber: 1 });
      expect(await contacts().unlink(account, id, { ...together, read })).toMatchObject({ why: 'busy', message: 'a' });
    });
  });
}
