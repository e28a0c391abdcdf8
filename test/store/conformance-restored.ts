import { describe, expect, it } from 'vitest';
import type { OpenInbox } from './conformance.ts';
import { account, entry } from './fixtures.ts';
import { received } from './received.ts';

/** What a store from a backup holds back. */
export function describeRestored(inbox: OpenInbox): void {
  describe('a store from a backup', () => {
    const restored = { takenAt: 5000, until: 9000 };
    const stateOf = async (id: string) => (await inbox.store.get(id))?.state;
    const row = (id: string) => ({
      ...{
        id,
        message: 'answered',
        answer: 'answered#1',
        account,
        lane: 'lane',
        recipient: '+1',
        via: 'relay' as const,
      },
      ...{ part: 1, parts: 1, body: '{}', sendBefore: null },
    });

    it('drops what waited, with the end of a run that had begun unknown, and what ended stays as it is', async () => {
      await inbox.store.accept([entry('waits'), entry('runs', { lane: 'b' }), entry('answered', { lane: 'c' })]);
      await inbox.store.accept([entry('failed', { lane: 'd' })]);
      await inbox.store.hold(account, [entry('held', { lane: 'e' })]);
      await inbox.store.begin('runs', { runKey: 'key', runNumber: 1 });
      await inbox.store.fail('failed', 'why');
      await inbox.store.settle('answered', 'answering', { outgoing: [row('out')] });
      expect(await inbox.store.markRestored(restored)).toEqual({ entries: 3, outgoing: 1 });
      expect(await Promise.all(['waits', 'runs', 'held', 'failed', 'answered'].map(stateOf))).toEqual([
        ...['dropped', 'dropped', 'dropped', 'failed', 'settled'],
      ]);
      expect(await inbox.store.get('runs')).toMatchObject({
        ...{ unresolvedRun: 'key', reason: expect.stringContaining('1970-01-01T00:00:05.000Z') },
      });
      expect(await inbox.store.get('answered')).toMatchObject({ outcome: 'failed' });
      expect(await inbox.store.outbox.get('out')).toMatchObject({
        ...{ state: 'dropped', reason: expect.stringContaining('may have been sent') },
      });
      expect(await inbox.store.lanes()).toEqual([]);
      expect(await inbox.store.outbox.lanes()).toEqual([]);
      expect(await inbox.store.retry(['waits', 'runs'])).toEqual(['waits', 'runs']);
    });

    it('delivers nothing that happened before the restore, by whichever way it comes, and all that happened after', async () => {
      await inbox.store.markRestored(restored);
      await inbox.reopen();
      const accepted = await inbox.store.accept([
        entry('before', { occurredAt: 8999 }),
        entry('after', { occurredAt: 9000 }),
        entry('unreadable', { occurredAt: 1, failure: 'why' }),
      ]);
      expect(accepted).toMatchObject({
        ...{ inserted: ['before', 'after', 'unreadable'], withheld: ['before'], lanes: ['lane'] },
        failed: [{ id: 'unreadable', reason: 'why' }],
      });
      const held = await inbox.store.hold(account, [entry('listed', { occurredAt: 2 })]);
      expect(held.withheld).toEqual(['listed']);
      const ended = await inbox.store.endPass(account, { entries: [], newestFirst: true, cursor: 9000 });
      expect(ended.lanes).toEqual([]);
      expect(await inbox.drain()).toEqual(['after']);
      expect(await Promise.all(['before', 'listed', 'unreadable'].map(stateOf))).toEqual([
        ...['dropped', 'dropped', 'failed'],
      ]);
      expect(await inbox.store.retry(['before'])).toEqual(['before']);
      expect(await inbox.drain()).toEqual(['before']);
    });

    it('begins no pairing, obeys no command, and keeps what was refused as refused', async () => {
      await inbox.store.markRestored(restored);
      await inbox.reopen();
      const pairing = {
        ...{ newCode: () => 'CODE', expires: 1, most: 9, held: 9, tell: () => row('code') },
      };
      const { replyLanes, refused, commands } = await inbox.store.accept([
        received('stranger', { phone: '15550107001' }, { filed: { admission: { kind: 'unpaired' }, pairing } }),
        received(
          'denied',
          { phone: '15550107002' },
          { filed: { admission: { kind: 'denied', reason: 'no' } as never } },
        ),
        received('command', { phone: '15550107003' }, { filed: { command: '!new' } }),
      ]);
      expect([replyLanes, commands]).toEqual([[], undefined]);
      expect(refused).toEqual([{ id: 'denied', state: 'denied', reason: 'no' }]);
      expect(await Promise.all(['stranger', 'command'].map(stateOf))).toEqual(['dropped', 'dropped']);
      expect(await inbox.store.commands.pending(account)).toEqual([]);
    });
  });
}
