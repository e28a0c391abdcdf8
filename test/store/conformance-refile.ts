import { describe, expect, it } from 'vitest';
import type { KnownContact } from '../../src/domain/contact.ts';
import type { Filed, ReceivedEntry } from '../../src/store/new-entry.ts';
import type { OpenInbox } from './conformance.ts';
import { account } from './fixtures.ts';
import { received } from './received.ts';

/** What becomes of entries that wait when they would be filed elsewhere today. */
export function describeRefile(inbox: OpenInbox): void {
  const ann = { phone: '15550107001' };
  const bob = { phone: '15550107002' };
  const annLane = 'lane of +15550107001';
  const accept = (...entries: ReceivedEntry[]) => inbox.store.accept(entries);
  const begin = (id: string) => inbox.store.begin(id, { runKey: id, runNumber: 1 });
  const at = async (...ids: string[]) =>
    Promise.all(
      ids.map(async id => {
        const { lane, session } = (await inbox.store.get(id)) ?? {};
        return [lane, session];
      }),
    );
  /** Everybody's entries are filed in one lane from now on, with one session. */
  const refile = (alone = false, to: Partial<Filed> = { lane: 'team', session: 'of the team' }) =>
    inbox.store.refile(account, {
      alone,
      read: body => {
        const { from, file } = received(body, ann);
        return { from, file: (contact: KnownContact) => ({ ...file(contact), ...to }) };
      },
    });

  describe('entries that are filed again', () => {
    it('wait in the lane, and with the session, of new ones, in order, and in whatever state', async () => {
      await accept(
        ...[1, 2, 3, 4].map(n => received(`a${n}`, ann, { occurredAt: 2 * n })),
        received('b1', bob, { occurredAt: 3 }),
      );
      await inbox.store.note('a1');
      await inbox.store.drop(['a4']);
      expect(await refile()).toEqual(['team']);
      await inbox.reopen();
      expect(await at('a1', 'a2', 'a4', 'b1')).toEqual([1, 2, 3, 4].map(() => ['team', 'of the team']));
      expect(await inbox.store.get('a2')).toMatchObject({ conversation: annLane, contact: '+15550107001' });
      await inbox.store.begin('a2', { runKey: 'a2', runNumber: 1 });
      expect((await inbox.store.context('a2', 5)).entries.map(({ id }) => id)).toEqual(['a1']);
      expect(await inbox.store.lanes()).toEqual(['team']);
      expect((await inbox.store.waiting('team', 9)).map(({ id }) => id)).toEqual(['b1', 'a2', 'a3']);
      expect(await refile()).toEqual([]);
    });

    it('stay where they are behind one of which a run began, and so does that one', async () => {
      await accept(received('a1', ann), received('a2', ann), received('b1', bob));
      await begin('a1');
      expect(await refile()).toEqual(['team']);
      const stayed = [annLane, 'session of +15550107001'];
      expect(await at('a1', 'a2', 'b1')).toEqual([stayed, stayed, ['team', 'of the team']]);
      await inbox.store.settle('a1', 'answered');
      await refile();
      expect(await at('a1', 'a2')).toEqual([stayed, ['team', 'of the team']]);
    });

    it('move with all of their session into its lane, where nothing works on them', async () => {
      await accept(received('a1', ann), received('a2', ann));
      await begin('a1');
      const sameSession = { lane: 'one lane', session: 'session of +15550107001' };
      expect(await refile(false, sameSession)).toEqual([]);
      expect(await refile(true, sameSession)).toEqual(['one lane']);
      expect(await at('a1', 'a2')).toEqual([1, 2].map(() => ['one lane', 'session of +15550107001']));
      expect(await inbox.store.get('a1')).toMatchObject({ state: 'sending', runKey: 'a1' });
    });

    it('do not begin in the place where they were found before', async () => {
      await accept(received('a1', ann), received('b1', bob));
      const found = await inbox.store.get('a1');
      await refile();
      const run = { runKey: 'a1', runNumber: 1 };
      const claimed = expect.objectContaining({ code: 'STORE_CLAIMED' });
      await expect(inbox.store.begin('a1', { ...run, lane: found?.lane ?? '' })).rejects.toEqual(claimed);
      await expect(inbox.store.begin('a1', { ...run, session: found?.session ?? '' })).rejects.toEqual(claimed);
      await inbox.store.begin('a1', { ...run, lane: 'team', session: 'of the team' });
    });

    it('are those of the account alone, and never what has ended', async () => {
      await accept(received('a1', ann), received('other', ann, { account: 'another' }), received('done', ann));
      await inbox.store.settle('done', 'answered');
      await refile();
      expect(await at('a1', 'other', 'done')).toEqual([
        ['team', 'of the team'],
        ...[1, 2].map(() => [annLane, 'session of +15550107001']),
      ]);
    });
  });
}
