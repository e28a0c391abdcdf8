import { describe, expect, it } from 'vitest';
import type { Sighting } from '../../src/domain/contact.ts';
import type { Filed, ReceivedEntry } from '../../src/store/new-entry.ts';
import type { OpenInbox } from './conformance.ts';
import { account } from './fixtures.ts';
import { offers } from './pairing-steps.ts';
import { nobody, received } from './received.ts';

/** Whose the entries are. */
export function describeContacts(inbox: OpenInbox): void {
  const contactOf = async (id: string) => (await inbox.store.get(id))?.contact;
  const accept = (...entries: ReceivedEntry[]) => inbox.store.accept(entries);

  describe('contacts', () => {
    it('are found in the transaction that keeps the entry, and the lane and session are named by them', async () => {
      const { lanes } = await accept(received('a', { phone: '15550107001', userId: 'US.1', name: 'Ann' }));
      expect(lanes).toEqual(['lane of +15550107001']);
      await inbox.reopen();
      expect(await inbox.store.get('a')).toMatchObject({
        ...{ lane: lanes[0], contact: '+15550107001', session: 'session of +15550107001', author: '+15550107001' },
      });
      expect(await inbox.store.contacts.get(account, '+15550107001')).toEqual({
        ...{
          account,
          key: '+15550107001',
          address: '+15550107001',
          origin: '+15550107001',
          name: 'Ann',
          approved: null,
          blocked: false,
        },
        identities: [
          { kind: 'phone', identity: '+15550107001', former: false, inherited: false },
          { kind: 'user', identity: 'US.1', former: false, inherited: false },
        ],
      });
      expect(await inbox.store.contacts.find(account, 'US.1')).toMatchObject({ key: '+15550107001' });
      expect(await inbox.store.contacts.find('another', 'US.1')).toBeNull();
    });

    it('stay one when a message shows one identity of two, whichever came first', async () => {
      await accept(received('a', { phone: '15550107001', userId: 'US.1' }), received('b', { userId: 'US.1' }));
      await accept(received('c', { userId: 'GB.1' }), received('d', { userId: 'GB.1', phone: '447700900556' }));
      await accept(received('e', { phone: '447700900556' }), received('f', { parentId: 'US.ENT.1', userId: 'US.1' }));
      await accept(received('g', { parentId: 'US.ENT.1' }));
      expect(await Promise.all([...'abcdefg'].map(contactOf))).toEqual([
        ...['+15550107001', '+15550107001', 'GB.1', 'GB.1', 'GB.1', '+15550107001', '+15550107001'],
      ]);
      // Answers go to the number as soon as it is known.
      expect(await inbox.store.contacts.get(account, 'GB.1')).toMatchObject({
        address: '+447700900556',
        origin: 'GB.1',
      });
    });

    it('are one for both spellings of a number; the answer goes to the spelling last seen', async () => {
      await accept(received('a', { phone: '5547988887777' }, { occurredAt: 1 }));
      await accept(received('b', { phone: '554788887777' }, { occurredAt: 2 }));
      await accept(received('late', { phone: '5547988887777' }, { occurredAt: 1 }));
      const [contact] = await inbox.store.contacts.list(account);
      expect(contact).toMatchObject({ key: '+554788887777', address: '+554788887777', origin: '+5547988887777' });
      expect((await inbox.store.lanes()).length).toBe(1);
    });

    it('are answered at the spelling that worked, until another one is seen', async () => {
      const addressNow = async () => (await inbox.store.contacts.get(account, '+554788887777'))?.address;
      await accept(received('a', { phone: '554788887777' }, { occurredAt: 1 }));
      await inbox.store.contacts.reached(account, '+554788887777', '+5547988887777');
      await inbox.store.contacts.reached(account, '+554788887777', '+15550107001');
      await accept(received('b', { phone: '554788887777' }, { occurredAt: 2 }));
      expect(await addressNow()).toBe('+5547988887777');
      await accept(received('c', { phone: '5547988887777' }, { occurredAt: 3 }));
      await accept(received('d', { phone: '554788887777' }, { occurredAt: 4 }));
      expect(await addressNow()).toBe('+554788887777');
    });

    it('are forgotten a year after their messages; whoever has the number then is another one', async () => {
      const day = 86_400_000;
      const [then, now] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 6, 1)];
      inbox.clock.set(then);
      await accept(received('a', { phone: '15550107001', userId: 'US.1' }, { occurredAt: then }));
      await accept(received('b', { phone: '15550107002' }, { occurredAt: then }));
      await accept(received('c', { phone: '15550107003' }, { occurredAt: then }));
      for (const id of ['a', 'c']) await inbox.store.settle(id, 'silent');
      await inbox.store.access.deny({ account, contact: '+15550107003' }, 'operator');
      inbox.clock.set(then + 40 * day);
      await accept(received('again', { phone: '15550107001' }, { occurredAt: then + 40 * day }));
      await inbox.store.settle('again', 'silent');
      const keys = async () => (await inbox.store.contacts.list()).map(({ key }) => key.slice(-2));
      inbox.clock.set(now);
      await inbox.store.prune(then + 400 * day);
      expect(await keys()).toEqual(['01', '02', '03']);
      await inbox.store.prune(then + 410 * day);
      // One waits still, and an operator has decided about another.
      expect(await keys()).toEqual(['02', '03']);
      await accept(received('later', { phone: '15550107001', userId: 'US.2' }, { occurredAt: now }));
      expect(await inbox.store.get('later')).toMatchObject({
        contact: '+15550107001~2',
        session: 'session of +15550107001~2',
      });
      expect(await inbox.store.contacts.find(account, 'US.1')).toBeNull();
    });

    it('of different accounts are different, whatever they share', async () => {
      await accept(received('a', { userId: 'US.1', phone: '15550107001' }));
      await accept(received('b', { userId: 'US.1' }, { account: 'another' }));
      expect(await contactOf('b')).toBe('US.1');
    });

    it('are not joined when a message names two of them; the conflict is kept once', async () => {
      await accept(received('a', { userId: 'US.1' }), received('b', { phone: '15550107001' }));
      await accept(received('c', { userId: 'US.1', phone: '15550107001' }, { occurredAt: 5 }));
      await accept(received('d', { userId: 'US.1', phone: '15550107001' }, { occurredAt: 6 }));
      expect(await Promise.all([...'cd'].map(contactOf))).toEqual(['US.1', 'US.1']);
      expect(await inbox.store.contacts.conflicts()).toEqual([
        { account, contact: 'US.1', other: '+15550107001', identity: '+15550107001', message: 'c', occurredAt: 5 },
      ]);
    });

    it('follow a number that is given to another person, and the answers of the first one do not go there', async () => {
      await accept(received('a', { phone: '15550107001', userId: 'US.1' }, { occurredAt: 10 }));
      await accept(received('b', { phone: '15550107001', userId: 'US.2' }, { occurredAt: 20 }));
      await accept(received('c', { phone: '15550107001' }, { occurredAt: 30 }));
      await accept(received('late', { phone: '15550107001' }, { occurredAt: 15 }));
      expect(await Promise.all(['a', 'b', 'c', 'late'].map(contactOf))).toEqual([
        ...['+15550107001', '+15550107001~2', '+15550107001~2', '+15550107001'],
      ]);
      expect(await inbox.store.contacts.get(account, '+15550107001')).toMatchObject({ address: 'US.1' });
      const other = await inbox.store.contacts.get(account, '+15550107001~2');
      expect(other).toMatchObject({ address: '+15550107001', origin: '+15550107001~2' });
      expect(other?.identities).toContainEqual({
        ...{ kind: 'phone', identity: '+15550107001', former: false, inherited: true },
      });
      expect((await inbox.store.contacts.conflicts()).length).toBe(1);
    });

    it('have no number that was seen with another one’s id, when it comes with a third one’s', async () => {
      await accept(received('a', { userId: 'US.1' }), received('b', { phone: '15550107001' }));
      await accept(received('c', { userId: 'US.1', phone: '15550107001' }, { occurredAt: 2000 }));
      await accept(received('d', { userId: 'US.2', phone: '15550107001' }, { occurredAt: 3000 }));
      expect(await Promise.all([...'abcd'].map(contactOf))).toEqual([
        ...['US.1', '+15550107001', 'US.1', '+15550107001~2'],
      ]);
    });

    it('are filed as the program says: with the state, the reason and the body that it gives', async () => {
      const as = (admission: Filed['admission'], more: Partial<Filed> = {}) => ({ filed: { admission, ...more } });
      const entries = [
        received('a', { phone: '1555' }, as({ kind: 'denied', reason: 'why', keepText: false }, { body: 'nothing' })),
        received('b', { phone: '1555' }, as({ kind: 'limited', reason: 'much', keepText: true })),
        received('c', { phone: '1555' }, as({ kind: 'unpaired' }, { pairing: offers()('+1555', 'c') })),
      ];
      const { lanes, failed, inserted } = await inbox.store.hold(account, entries);
      await inbox.store.releaseHeld(account, true);
      expect({ lanes, failed, inserted }).toEqual({ lanes: [], failed: [], inserted: ['a', 'b', 'c'] });
      const kept = await Promise.all([...'abc'].map(id => inbox.store.get(id)));
      expect(kept.map(one => [one?.state, one?.reason, one?.body])).toEqual([
        ['denied', 'why', 'nothing'],
        ['limited', 'much', 'body of b'],
        ['unpaired', null, 'body of c'],
      ]);
      expect((await inbox.store.counts()).byState).toMatchObject({ denied: 1, limited: 1, unpaired: 1, pending: 0 });
      expect(await inbox.store.retry(['a', 'b', 'c'])).toEqual(['a', 'b']);
      expect(await inbox.store.drop(['c'])).toEqual(['c']);
    });
  });

  describe("WhatsApp's own notice of a change", () => {
    const change = (before: Partial<Sighting>, after: Partial<Sighting>): Partial<Sighting> => ({
      ...before,
      change: { before: { ...nobody, ...before }, after: { ...nobody, ...after } },
    });

    it('binds the new number to the contact; the old one is nobody’s, and what it wrote before is the contact’s', async () => {
      await accept(received('a', { phone: '573005550001', userId: 'CO.1' }, { occurredAt: 10 }));
      await accept(received('n', change({ phone: '573005550001' }, { phone: '573005550002' }), { occurredAt: 20 }));
      await accept(received('b', { phone: '573005550002', userId: 'CO.2' }, { occurredAt: 30 }));
      await accept(received('late', { phone: '573005550001' }, { occurredAt: 15 }));
      await accept(received('other', { phone: '573005550001', userId: 'CO.9' }, { occurredAt: 40 }));
      expect(await Promise.all(['n', 'b', 'late', 'other'].map(contactOf))).toEqual([
        ...['+573005550001', '+573005550001', '+573005550001', '+573005550001~2'],
      ]);
      const contact = await inbox.store.contacts.get(account, '+573005550001');
      expect(contact).toMatchObject({ address: '+573005550002' });
      expect(contact?.identities.map(({ identity, former }) => [identity, former])).toEqual([
        ...[
          ['+573005550002', false],
          ['CO.2', false],
        ],
        ...[
          ['CO.1', true],
          ['+573005550001', true],
        ],
      ]);
      expect(await inbox.store.contacts.conflicts()).toEqual([]);
    });

    it('binds a new user id to the contact, also when nothing was known of either', async () => {
      await accept(received('n', change({ userId: 'CO.1' }, { userId: 'MX.1' }), { occurredAt: 20 }));
      await accept(
        received('a', { userId: 'MX.1' }, { occurredAt: 30 }),
        received('b', { userId: 'CO.1' }, { occurredAt: 10 }),
      );
      expect(await Promise.all(['n', 'a', 'b'].map(contactOf))).toEqual(['CO.1', 'CO.1', 'CO.1']);
      expect(await inbox.store.contacts.get(account, 'CO.1')).toMatchObject({ address: 'MX.1' });
    });

    it('gives a number that another person had to the first one, and nobody else’s answer goes there', async () => {
      await accept(received('a', { phone: '15550107001' }), received('b', { phone: '15550107002' }));
      await accept(received('n', change({ phone: '15550107001' }, { phone: '15550107002' }), { occurredAt: 2000 }));
      await accept(received('c', { phone: '15550107002' }, { occurredAt: 3000 }));
      await accept(received('late', { phone: '15550107002' }, { occurredAt: 1500 }));
      expect(await Promise.all(['n', 'c', 'late'].map(contactOf))).toEqual([
        '+15550107001',
        '+15550107001',
        '+15550107002',
      ]);
      expect(await inbox.store.contacts.conflicts()).toMatchObject([{ other: '+15550107002', message: 'n' }]);
      expect(await inbox.store.contacts.get(account, '+15550107002')).toMatchObject({ address: '' });
    });

    it('joins nobody when it comes after what was written with the new number; the answers go there', async () => {
      await accept(received('a', { phone: '15550107001' }));
      await accept(received('b', { phone: '15550107002' }, { occurredAt: 3000 }));
      await accept(received('n', change({ phone: '15550107001' }, { phone: '15550107002' }), { occurredAt: 2000 }));
      expect(await contactOf('n')).toBe('+15550107001');
      expect(await inbox.store.contacts.conflicts()).toMatchObject([{ other: '+15550107002', message: 'n' }]);
      const addresses = (await inbox.store.contacts.list()).map(({ address }) => address);
      expect(addresses).toEqual(['+15550107002', '+15550107002']);
    });

    it('is read before the messages of its page that came after it, in whatever order the page has them', async () => {
      const page = [
        received('b', { phone: '15550107002' }, { occurredAt: 2000 }),
        received('n', change({ phone: '15550107001' }, { phone: '15550107002' }), { occurredAt: 2000 }),
        received('a', { phone: '15550107001' }, { occurredAt: 1000 }),
      ];
      await inbox.store.hold(account, page);
      expect(await Promise.all(['a', 'n', 'b'].map(contactOf))).toEqual([
        '+15550107001',
        '+15550107001',
        '+15550107001',
      ]);
    });
  });
}
