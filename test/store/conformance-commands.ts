import { describe, expect, it } from 'vitest';
import type { CommandEffect } from '../../src/store/commands.ts';
import type { NewEntry } from '../../src/store/new-entry.ts';
import type { NewOutgoing } from '../../src/store/outbox.ts';
import type { OpenInbox } from './conformance.ts';
import { account, entry } from './fixtures.ts';

const admin = '15550009999';
const lane = `${account}/+${admin}`;

/** A message of the operator; with `command` one that is a command. */
function from(id: string, { at = 1000, command }: { at?: number; command?: string } = {}): NewEntry {
  return {
    ...{ id, account, occurredAt: at, body: `body of ${id}` },
    from: { phone: admin, userId: null, parentId: null, name: null },
    file: ({ key }) => ({
      ...{ lane, contact: key, conversation: lane, session: 'session', author: key, admission: { kind: 'admitted' } },
      ...(command !== undefined && { command }),
    }),
  };
}

function answer(id: string): NewOutgoing {
  const of = `command:${id}`;
  return {
    ...{ id: of, message: id, answer: of, account, lane, recipient: `+${admin}`, via: 'notice' },
    ...{ part: 1, parts: 1, body: 'done', sendBefore: null },
  };
}

/** Tests what operators command by WhatsApp. */
export function describeCommands(inbox: OpenInbox): void {
  const finish = (id: string, effect: CommandEffect = { do: 'nothing' }, outgoing = [answer(id)]) =>
    inbox.store.commands.finish(id, { effect, outgoing, reason: 'done' });
  const pending = async () => (await inbox.store.commands.pending(account)).map(({ id }) => id);
  const sessionOf = async (id: string) => (await inbox.store.get(id))?.session;
  const begin = (id: string) => inbox.store.begin(id, { runKey: id, runNumber: 1 });

  describe('a command', () => {
    it('is settled from the beginning, is in no lane, and waits to be done, over a restart', async () => {
      const accepted = await inbox.store.accept([from('a'), from('c', { command: '!status' })]);
      expect(accepted).toMatchObject({ inserted: ['a', 'c'], commands: ['c'] });
      expect((await inbox.store.accept([from('b')])).commands).toBeUndefined();
      await inbox.reopen();
      expect(await inbox.store.get('c')).toMatchObject({ state: 'settled', outcome: 'command' });
      expect(await inbox.store.commands.pending(account)).toEqual([
        {
          ...{ id: 'c', text: '!status', account, contact: `+${admin}`, conversation: lane, lane, occurredAt: 1000 },
          run: null,
        },
      ]);
      expect(await inbox.store.commands.pending('another')).toEqual([]);
      expect(await inbox.drain(lane)).toEqual(['a', 'b']);
    });

    it('of a polling pass is done when the pass has ended, and comes once however often it is listed', async () => {
      const held = await inbox.store.hold(account, [from('c', { command: '!new' })]);
      expect(held.commands).toBeUndefined();
      expect(await pending()).toEqual([]);
      const end = { entries: [from('c', { command: '!new' })], newestFirst: true, cursor: 1 };
      expect((await inbox.store.endPass(account, end)).commands).toEqual(['c']);
      expect(await pending()).toEqual(['c']);
      await finish('c');
      expect((await inbox.store.accept([from('c', { command: '!new' })])).commands).toBeUndefined();
      expect(await pending()).toEqual([]);
    });

    it('that comes by webhook amid the pass that read it is done at once', async () => {
      await inbox.store.hold(account, [from('c', { command: '!new' })]);
      expect((await inbox.store.accept([from('c', { command: '!new' })])).commands).toEqual(['c']);
      expect((await inbox.store.releaseHeld(account, true)).commands).toBeUndefined();
      expect(await pending()).toEqual(['c']);
    });

    it('is done once, with its answer, and no operator brings it back to the agent', async () => {
      await inbox.store.accept([from('c', { command: '!status' })]);
      expect(await finish('c')).toBe(true);
      expect(await finish('c', { do: 'renew session' })).toBe(false);
      await inbox.reopen();
      expect(await inbox.store.outbox.list({ limit: 5 })).toMatchObject([{ message: 'c', via: 'notice' }]);
      expect(await inbox.store.get('c')).toMatchObject({ outcome: 'command', reason: 'done' });
      expect(await inbox.store.retry(['c'], { force: true })).toEqual([]);
      await inbox.store.accept([from('a')]);
      expect(await sessionOf('a')).toBe('session');
    });
  });

  describe('a session that a command renews', () => {
    it('is another one for what comes later and for what waits behind the command, and stays so', async () => {
      await inbox.store.accept([
        ...[from('before'), from('begun', { at: 3000 })],
        ...[from('c', { at: 2000, command: '!new' }), from('behind', { at: 3000 })],
        { ...entry('other', { lane: 'elsewhere', session: 'session', account: 'another' }), occurredAt: 3000 },
      ]);
      await begin('begun');
      await finish('c', { do: 'renew session' });
      await inbox.store.accept([from('later', { at: 4000 })]);
      await inbox.reopen();
      await inbox.store.accept([from('after', { at: 5000 })]);
      const ids = ['before', 'begun', 'behind', 'later', 'after', 'other'];
      const sessions = await Promise.all(ids.map(sessionOf));
      expect(sessions).toEqual(['session', 'session', ...Array(3).fill('session:session-2'), 'session']);
      await inbox.store.accept([from('d', { at: 6000, command: '!new' })]);
      await finish('d', { do: 'renew session' });
      await inbox.store.accept([from('third', { at: 7000 })]);
      expect(await sessionOf('third')).toBe('session:session-3');
      expect(await sessionOf('after')).toBe('session:session-2');
    });

    it('follows the order of the list where seconds are the same', async () => {
      const entries = [from('newer'), from('c', { command: '!new' }), from('older')];
      await inbox.store.endPass(account, { entries, newestFirst: true, cursor: 1 });
      await finish('c', { do: 'renew session' });
      expect(await sessionOf('newer')).toBe('session:session-2');
      expect(await sessionOf('older')).toBe('session');
    });
  });

  describe('a muted conversation', () => {
    const mute = async (id: string, until: number | null) => {
      await inbox.store.accept([from(id, { command: '!mute' })]);
      await finish(id, { do: 'mute', conversation: lane, until });
    };

    it('has nothing to begin, keeps its messages, and holds up no other one of its lane', async () => {
      await inbox.store.accept([
        from('a'),
        from('b', { at: 2000 }),
        entry('c', { lane, occurredAt: 3000, conversation: 'other' }),
      ]);
      await begin('a');
      await mute('m', null);
      await inbox.reopen();
      expect((await inbox.store.waiting(lane, 9)).map(({ id }) => id)).toEqual(['a', 'c']);
      expect((await inbox.store.head(lane))?.id).toBe('a');
      await inbox.store.settle('a', 'answered');
      expect((await inbox.store.head(lane))?.id).toBe('c');
      expect(await inbox.store.commands.mutes(account)).toMatchObject([{ conversation: lane, until: null }]);
      expect(await inbox.store.commands.mutes('another')).toEqual([]);
      await inbox.store.accept([from('u', { command: '!unmute' })]);
      await finish('u', { do: 'unmute', conversation: lane });
      expect((await inbox.store.waiting(lane, 9)).map(({ id }) => id)).toEqual(['b', 'c']);
      expect(await inbox.store.commands.mutes(account)).toEqual([]);
    });

    it('is so until a time', async () => {
      await inbox.store.accept([from('a')]);
      const now = inbox.clock.now();
      await mute('m', now + 60_000);
      expect(await inbox.store.head(lane)).toBeNull();
      inbox.clock.set(now + 60_000);
      expect((await inbox.store.head(lane))?.id).toBe('a');
      expect(await inbox.store.commands.mutes(account)).toEqual([]);
    });
  });

  describe('a run that a command stops', () => {
    const run = { message: 'a', runKey: 'a', session: 'session' };

    it('is the one in progress in the conversation, also of a message that was gathered', async () => {
      await inbox.store.accept([from('a'), from('b', { at: 1001 }), entry('x', { lane, conversation: 'other' })]);
      await inbox.store.accept([from('c', { at: 2000, command: '!stop' })]);
      expect(await inbox.store.commands.running('c')).toBeNull();
      await inbox.store.begin('x', { runKey: 'x', runNumber: 1 });
      expect(await inbox.store.commands.running('c')).toBeNull();
      await inbox.store.begin('a', { runKey: 'a', runNumber: 1, gathers: ['b'] });
      expect(await inbox.store.commands.running('c')).toEqual(run);
    });

    it('is known from the moment on in which it is aimed at, until its entry has ended', async () => {
      await inbox.store.accept([from('a'), from('c', { command: '!stop' })]);
      await begin('a');
      expect(await inbox.store.commands.stopped(account)).toEqual([]);
      expect(await inbox.store.commands.aim('c', run)).toBe(true);
      await inbox.reopen();
      expect(await inbox.store.commands.stopped(account)).toEqual([run]);
      expect(await inbox.store.commands.pending(account)).toMatchObject([{ id: 'c', run }]);
      await finish('c', { do: 'stop' });
      expect(await inbox.store.commands.stopped(account)).toEqual([run]);
      expect(await inbox.store.commands.aim('c', run)).toBe(false);
      await inbox.store.settle('a', 'stopped');
      expect(await inbox.store.commands.stopped(account)).toEqual([]);
    });

    it('is spared when the command ends without having stopped it', async () => {
      await inbox.store.accept([from('a'), from('c', { command: '!stop' })]);
      await begin('a');
      await inbox.store.commands.aim('c', run);
      await finish('c');
      expect(await inbox.store.commands.stopped(account)).toEqual([]);
    });
  });
}
