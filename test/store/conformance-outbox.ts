import { describe, expect, it } from 'vitest';
import type { NewOutgoing } from '../../src/store/outbox.ts';
import type { OpenInbox } from './conformance.ts';
import { account, entry } from './fixtures.ts';

function reply(message: string, over: Partial<NewOutgoing> = {}): NewOutgoing {
  const { part = 1, answer = `${message}#1` } = over;
  return {
    ...{ id: `${answer}/${part}`, message, answer, account, lane: 'ann', recipient: '+15551234567', via: 'relay' },
    ...{ part, parts: 1, body: `part ${part} for ${message}`, sendBefore: 90_000, ...over },
  };
}

const attempt = (mark: string) => ({ mark, recipient: '+15551234567', body: 'body' });
const reported = { mark: null, at: 70, code: null, reason: null };

/** Tests what is to reach customers. */
export function describeOutbox(inbox: OpenInbox): void {
  const outcomeOf = async (id: string) => (await inbox.store.get(id))?.outcome;
  const stateOf = async (id: string) => (await inbox.store.outbox.get(id))?.state;

  describe('the outbox', () => {
    it('gets the answer with the end of the run, and keeps it over a restart', async () => {
      await inbox.store.accept([entry('a')]);
      await inbox.store.begin('a', { runKey: 'a', runNumber: 1 });
      const parts = [1, 2].map(part => reply('a', { part, parts: 2 }));
      await inbox.store.settle('a', 'answering', { outgoing: parts });
      await inbox.reopen();
      const { outbox } = inbox.store;
      expect(await outbox.lanes()).toEqual(['ann']);
      expect(await outbox.lanes('another')).toEqual([]);
      expect(await outbox.head('ann')).toMatchObject({ ...parts[0], state: 'pending', sentId: null, attempts: 0 });
      expect((await outbox.of('a')).map(({ id }) => id)).toEqual(['a#1/1', 'a#1/2']);
      expect((await outbox.list({ limit: 5 })).map(({ id }) => id)).toEqual(['a#1/2', 'a#1/1']);
      expect(await outbox.counts()).toMatchObject({ pending: 2, sent: 0 });
    });

    it('gets no answer twice, and none for a message that an operator has dropped', async () => {
      await inbox.store.accept([entry('a'), entry('b')]);
      await inbox.store.settle('a', 'answering', { outgoing: [reply('a')] });
      await inbox.store.settle('a', 'answering', { outgoing: [reply('a')] });
      await inbox.store.drop(['b']);
      await inbox.store.settle('b', 'answering', { outgoing: [reply('b')] });
      expect(await inbox.store.get('b')).toMatchObject({ state: 'dropped' });
      await inbox.store.settle('b', 'answered', { outgoing: [reply('b', { sentId: 'wamid.own' })] });
      expect(await inbox.store.get('b')).toMatchObject({ state: 'settled', outcome: 'answered' });
      expect(await inbox.store.outbox.counts()).toMatchObject({ pending: 1, sent: 1 });
    });

    it('gets a sentence for the customer with a message that is given up', async () => {
      await inbox.store.accept([entry('a')]);
      await inbox.store.fail('a', 'no answer', { outgoing: [reply('a', { via: 'notice' })] });
      await inbox.store.fail('a', 'again', { outgoing: [reply('a', { answer: 'a#2' })] });
      expect(await inbox.store.outbox.of('a')).toMatchObject([{ via: 'notice', state: 'pending' }]);
      await inbox.store.outbox.sent('a#1/1', 'wamid.1');
      expect(await inbox.store.get('a')).toMatchObject({ state: 'failed', outcome: null, reason: 'no answer' });
    });

    it('says what the customer got: answered only when all parts are sent', async () => {
      const { outbox } = inbox.store;
      await inbox.store.accept([entry('a')]);
      const parts = [1, 2].map(part => reply('a', { part, parts: 2 }));
      await inbox.store.settle('a', 'answering', { outgoing: parts });
      await outbox.begin('a#1/1', attempt('m1'));
      await outbox.sent('a#1/1', 'wamid.1');
      expect(await outcomeOf('a')).toBe('answering');
      await outbox.begin('a#1/2', attempt('m2'));
      await outbox.sent('a#1/2', 'wamid.2');
      expect(await outcomeOf('a')).toBe('answered');
      expect(await outbox.lanes()).toEqual([]);
      expect([await outbox.knows('wamid.2'), await outbox.knows('wamid.3')]).toEqual([true, false]);
      const found = await Promise.all([
        outbox.find({ sentId: 'wamid.2', mark: null }),
        outbox.find({ sentId: 'wamid.4', mark: 'm1' }),
        outbox.find({ sentId: 'wamid.4', mark: 'm4' }),
      ]);
      expect(found.map(row => row?.id)).toEqual(['a#1/2', 'a#1/1', undefined]);
    });

    it('begins only what is pending', async () => {
      const { outbox } = inbox.store;
      await outbox.add([reply('a')]);
      await outbox.begin('a#1/1', attempt('m1'));
      expect(await outbox.get('a#1/1')).toMatchObject({ state: 'sending', mark: 'm1', begunAt: inbox.clock.now() });
      await expect(outbox.begin('a#1/1', attempt('m2'))).rejects.toThrow('is sending, so it must not be sent');
      await outbox.drop(['a#1/1']);
      await expect(outbox.begin('a#1/1', attempt('m2'))).rejects.toThrow('is dropped');
      await expect(outbox.begin('unknown', attempt('m2'))).rejects.toMatchObject({ code: 'STORE_STATE' });
    });

    it('puts off, as sent perhaps or surely not', async () => {
      const { outbox } = inbox.store;
      await outbox.add([reply('a')]);
      await outbox.begin('a#1/1', attempt('m1'));
      await outbox.defer('a#1/1', { until: 5, reason: 'no answer', counted: false, resend: false });
      expect(await outbox.get('a#1/1')).toMatchObject({ state: 'sending', retryAt: 5, attempts: 0, mark: 'm1' });
      await outbox.defer('a#1/1', { until: 6, reason: 'refused', counted: true, resend: true });
      expect(await outbox.get('a#1/1')).toMatchObject({ state: 'pending', retryAt: 6, attempts: 1, reason: 'refused' });
    });

    it('gives up the later parts with one that failed, and takes them up again in their order', async () => {
      const { outbox } = inbox.store;
      await inbox.store.accept([entry('a')]);
      const parts = [1, 2, 3].map(part => reply('a', { part, parts: 3 }));
      await inbox.store.settle('a', 'answering', { outgoing: parts });
      await outbox.add([reply('b')]);
      await outbox.sent('a#1/1', 'wamid.1');
      await outbox.begin('a#1/2', attempt('m'));
      expect(await outbox.fail('a#1/2', { reason: 'refused', code: 131026 })).toEqual(['a#1/2', 'a#1/3']);
      expect(await outbox.get('a#1/2')).toMatchObject({ state: 'failed', code: 131026, reason: 'refused' });
      expect(await outcomeOf('a')).toBe('failed');
      expect((await outbox.head('ann'))?.id).toBe('b#1/1');
      expect(await outbox.retry(['a#1/3', 'a#1/2', 'b#1/1'])).toEqual(['a#1/3', 'a#1/2']);
      expect((await outbox.head('ann'))?.id).toBe('a#1/2');
      expect(await outcomeOf('a')).toBe('answering');
      expect(await outbox.fail('a#1/1', { reason: 'late', code: null })).toEqual([]);
    });

    it('keeps what was done for a message that waits, and for no other', async () => {
      const { outbox } = inbox.store;
      await outbox.add([reply('a')]);
      await outbox.revise('a#1/1', 'uploaded');
      expect(await outbox.get('a#1/1')).toMatchObject({ state: 'pending', body: 'uploaded' });
      await outbox.begin('a#1/1', { mark: 'm', recipient: '+1', body: 'left' });
      await outbox.revise('a#1/1', 'too late');
      await outbox.revise('unknown', 'body');
      expect(await outbox.get('a#1/1')).toMatchObject({ state: 'sending', body: 'left' });
    });

    it('gives up one part alone, and adds what is sent in its place in the same moment', async () => {
      await inbox.store.accept([entry('a')]);
      await inbox.store.settle('a', 'answering', { outgoing: [1, 2].map(part => reply('a', { part, parts: 2 })) });
      const { outbox } = inbox.store;
      const instead = [reply('a', { id: 'a#1/1-text', body: 'the caption' })];
      const refusal = { reason: 'no image', code: 131053, alone: true, instead, body: 'the image' };
      expect(await outbox.fail('a#1/1', refusal)).toEqual(['a#1/1']);
      await inbox.reopen();
      expect(await inbox.store.outbox.of('a')).toMatchObject([
        { id: 'a#1/1', state: 'failed', body: 'the image', code: 131053 },
        { id: 'a#1/2', state: 'pending' },
        { id: 'a#1/1-text', state: 'pending', body: 'the caption' },
      ]);
      expect(await outcomeOf('a')).toBe('failed');
      expect(await inbox.store.outbox.fail('a#1/1', refusal)).toEqual([]);
    });

    it('is not sent any more when an operator drops it, and shows what was sent all the same', async () => {
      const { outbox } = inbox.store;
      await inbox.store.accept([entry('a')]);
      await inbox.store.settle('a', 'answering', { outgoing: [reply('a')] });
      await outbox.begin('a#1/1', attempt('m'));
      expect(await outbox.drop(['a#1/1', 'a#1/1'])).toEqual(['a#1/1']);
      expect([await outcomeOf('a'), await outbox.head('ann')]).toEqual(['failed', null]);
      await outbox.sent('a#1/1', 'wamid.1');
      expect([await outcomeOf('a'), await stateOf('a#1/1')]).toEqual(['answered', 'sent']);
    });

    it('takes reports, by id or by mark, and never goes back', async () => {
      const { outbox } = inbox.store;
      await inbox.store.accept([entry('a')]);
      await inbox.store.settle('a', 'answering', { outgoing: [reply('a')] });
      await outbox.begin('a#1/1', attempt('m1'));
      expect(await outbox.report({ ...reported, sentId: 'wamid.x', status: 'read' })).toBeNull();
      const first = await outbox.report({ ...reported, sentId: 'wamid.1', mark: 'm1', status: 'delivered' });
      expect(first).toMatchObject({ state: 'sent', sentId: 'wamid.1', status: 'delivered', statusAt: 70 });
      expect(await outbox.report({ ...reported, sentId: 'wamid.1', status: 'sent' })).toBeNull();
      expect(await outbox.awaiting(account, { since: 0, limit: 5 })).toHaveLength(1);
      expect(await outbox.report({ ...reported, sentId: 'wamid.1', status: 'read' })).not.toBeNull();
      expect(await outbox.awaiting(account, { since: 0, limit: 5 })).toEqual([]);
      expect(await outcomeOf('a')).toBe('answered');
      const failed = { ...reported, sentId: 'wamid.1', status: 'failed', code: 131047, reason: 'closed' } as const;
      expect(await outbox.report(failed)).toMatchObject({ state: 'failed', code: 131047, reason: 'closed' });
      expect(await outcomeOf('a')).toBe('failed');
    });

    it('knows when somebody was last heard in a conversation, by whatever became of that', async () => {
      const at = (id: string, occurredAt: number) =>
        entry(id, { occurredAt, contact: '+15551234567', lane: id, conversation: 'ours' });
      await inbox.store.accept([at('a', 10), at('b', 30), at('c', 20)]);
      await inbox.store.settle('b', 'silent');
      const query = { account, conversation: 'ours' };
      expect(await inbox.store.outbox.lastHeard({ ...query, after: 15 })).toBe(30);
      expect(await inbox.store.outbox.lastHeard({ ...query, after: 30 })).toBeNull();
      expect(await inbox.store.outbox.lastHeard({ ...query, account: 'another', after: 0 })).toBeNull();
      await inbox.store.accept([
        entry('g', { contact: '+2', lane: 'group', occurredAt: 40 }),
        entry('h', { contact: '+3', lane: 'shared', conversation: 'group', occurredAt: 50 }),
        entry('of nobody', { lane: 'group', occurredAt: 60 }),
      ]);
      const inGroup = { account, conversation: 'group' };
      expect(await inbox.store.outbox.lastHeard({ ...inGroup, after: 0 })).toBe(50);
      expect(await inbox.store.outbox.lastHeard({ ...inGroup, after: 50 })).toBeNull();
    });

    it('lists what answers several entries, and what waits in all lanes, in the order in which it was added', async () => {
      const { outbox } = inbox.store;
      const rows = ['a', 'b', 'c'].map(id => reply(id, { lane: id }));
      await outbox.add([...rows, reply('a', { answer: 'a#2', sentId: 'wamid.1' })]);
      await outbox.begin('a#1/1', attempt('m1'));
      const ids = (found: { id: string }[]) => found.map(({ id }) => id);
      expect(ids(await outbox.ofAll(['c', 'unknown', 'a']))).toEqual(['a#1/1', 'c#1/1', 'a#2/1']);
      expect(await outbox.ofAll([])).toEqual([]);
      expect(ids(await outbox.waiting(2))).toEqual(['a#1/1', 'b#1/1']);
      await outbox.fail('b#1/1', { reason: 'refused', code: null });
      expect(ids(await outbox.waiting(5))).toEqual(['a#1/1', 'c#1/1']);
    });

    it('forgets what was sent with the messages of its time, and never what waits', async () => {
      const { outbox } = inbox.store;
      await outbox.add([reply('a', { sentId: 'wamid.1' }), reply('b')]);
      const before = inbox.clock.now() + 1;
      inbox.clock.set(before + 10);
      await inbox.store.prune(before);
      expect([await outbox.get('a#1/1'), await stateOf('b#1/1')]).toEqual([null, 'pending']);
    });

    it('notes when a run began, which its further attempts do not change', async () => {
      await inbox.store.accept([entry('a')]);
      const begun = inbox.clock.now();
      await inbox.store.begin('a', { runKey: 'a', runNumber: 1 });
      inbox.clock.set(begun + 50);
      await inbox.store.begin('a', { runKey: 'a', runNumber: 1 });
      expect((await inbox.store.get('a'))?.begunAt).toBe(begun);
      await inbox.store.begin('a', { runKey: 'a:2', runNumber: 2 });
      expect((await inbox.store.get('a'))?.begunAt).toBe(begun + 50);
    });

    it('notes it by the clock of this machine, by which the agent notes its own sends', async () => {
      await inbox.store.accept([entry('a')]);
      await inbox.store.setCursor(account, inbox.clock.now() + 60_000);
      await inbox.store.begin('a', { runKey: 'a', runNumber: 1 });
      expect((await inbox.store.get('a'))?.begunAt).toBe(inbox.clock.now());
    });
  });
}
