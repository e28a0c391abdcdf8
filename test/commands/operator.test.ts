import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/agents/agent.ts';
import { createOperator, type Operator } from '../../src/commands/operator.ts';
import { wordsOf } from '../../src/domain/content.ts';
import { readContent } from '../../src/domain/outgoing-body.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { scriptedGateway } from '../delivery/scripted-gateway.ts';
import { manualClock } from '../manual-clock.ts';

const account = '1';
const conversation = '1/+15550009999';
const clock = manualClock(Date.UTC(2026, 10, 22, 12));
let dir: string;
let store: Store;
let gateway: ReturnType<typeof scriptedGateway> & { aborts: (boolean | GatewayError)[]; aborted: string[] };
let operator: Operator;
let stopped: Set<string>;
let told: AppEvent[];
let unmuted: number;
let mayCommand: boolean;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-operator-'));
  store = await openStore({ dir, clock });
  const aborts: (boolean | GatewayError)[] = [];
  const aborted: string[] = [];
  gateway = Object.assign(scriptedGateway(), {
    aborts,
    aborted,
    abort: async (session: string, runKey: string) => {
      aborted.push(`${session} ${runKey}`);
      const answer = aborts.shift() ?? false;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  stopped = new Set();
  told = [];
  unmuted = 0;
  mayCommand = true;
  open();
});
afterEach(async () => {
  await operator.stop(0);
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

function open(over: Store = store): void {
  operator = createOperator({
    ...{ account, store: over, gateway, clock, stopped },
    emit: event => told.push(event),
    mayCommand: () => mayCommand,
    report: async mutes => `all is well, ${mutes.length} muted`,
    wakeReplies: () => undefined,
    onUnmuted: () => {
      unmuted += 1;
    },
  });
}

/** Takes a message of the operator; a command when its text begins with `!`. */
async function receive(id: string, text: string): Promise<void> {
  await store.accept([
    {
      ...{ id, account, occurredAt: clock.now(), body: text },
      from: { phone: '15550009999', userId: null, parentId: null, name: 'Ada' },
      file: ({ key }) => ({
        ...{ lane: conversation, contact: key, conversation, session: 'session', author: key },
        ...{ admission: { kind: 'admitted' }, ...(text.startsWith('!') && { command: text }) },
      }),
    },
  ]);
}

async function answers(): Promise<(string | undefined)[]> {
  return (await store.outbox.list({ limit: 20 }))
    .reverse()
    .map(({ body }) => wordsOf(readContent(body) ?? { kind: 'text', text: '' }));
}

/** Moves the clock on until a command has this answer. */
async function answered(text: string): Promise<void> {
  await expect
    .poll(
      async () => {
        clock.advance(1000);
        return (await answers()).at(-1) ?? '';
      },
      { interval: 5, timeout: 20_000 },
    )
    .toContain(text);
}

const begin = (id: string) => store.begin(id, { runKey: id, runNumber: 1 });

describe('an operator', () => {
  it('gets one answer for each command, in order, to the address of its contact', async () => {
    await receive('1', '!status');
    await receive('2', '!new');
    await operator.work();
    await operator.work();
    expect(await answers()).toEqual(['all is well, 0 muted', 'Your next message begins a new session.']);
    expect(await store.outbox.list({ limit: 1 })).toMatchObject([
      { recipient: '+15550009999', lane: conversation, via: 'notice', sendBefore: clock.now() + 24 * 3_600_000 },
    ]);
    expect(told).toContainEqual({
      ...{ type: 'command done', message: '1', command: '!status', answer: 'all is well, 0 muted' },
    });
  });

  it('is obeyed no more who may not command any more when it is done', async () => {
    await receive('1', '!mute');
    mayCommand = false;
    await operator.work();
    mayCommand = true;
    await operator.work();
    expect(await answers()).toEqual([]);
    expect(await store.commands.mutes(account)).toEqual([]);
  });

  it('is obeyed after a restart, and after the store could not be written', async () => {
    await receive('1', '!status');
    const commands = { ...store.commands, finish: async () => Promise.reject(new Error('the disk is full')) };
    open({ ...store, commands });
    await operator.start();
    expect(told).toContainEqual({ type: 'commands failed', error: new Error('the disk is full') });
    expect(await answers()).toEqual([]);
    Object.assign(commands, { finish: store.commands.finish });
    clock.advance(5000);
    await answered('all is well');
    expect(await answers()).toHaveLength(1);
  });

  it('mutes and unmutes, itself or others, for a time; it is told when that is over', async () => {
    await receive('a', 'hello');
    await receive('1', '!mute 10');
    await operator.work();
    expect(await answers()).toEqual([
      'This conversation is muted until 2026-11-22 12:10 UTC. What comes is kept, and starts no run.',
    ]);
    expect(told.at(-1)).toMatchObject({ type: 'mutes changed', muted: [{ contact: '+1555…99' }] });
    expect(await store.head(conversation)).toBeNull();
    clock.advance(10 * 60_000);
    await expect.poll(() => unmuted).toBe(1);
    expect(told.at(-1)).toEqual({ type: 'mutes changed', muted: [] });
    expect((await store.head(conversation))?.id).toBe('a');
    await receive('2', '!unmute');
    await receive('3', '!mute +15550001111');
    await operator.work();
    expect((await answers()).slice(1)).toEqual([
      'This conversation is not muted.',
      'Nobody with +15550001111 has ever written.',
    ]);
  });
});

describe('!stop', () => {
  it('says that there is nothing to stop', async () => {
    await receive('1', '!stop');
    await operator.work();
    await answered('No run is in progress.');
    expect(gateway.aborted).toEqual([]);
  });

  it('ends the run that is in progress, and says so when its message has ended', async () => {
    await receive('a', 'hello');
    await begin('a');
    await receive('1', '!stop');
    gateway.aborts.push(true);
    await operator.work();
    await expect.poll(() => gateway.aborted).toEqual(['session a']);
    expect(await answers()).toEqual([]);
    expect([...stopped]).toEqual(['a']);
    await store.settle('a', 'stopped');
    await answered('The run was stopped.');
    expect(await store.commands.stopped(account)).toEqual([]);
  });

  it('says that the run had ended, when it ended by itself', async () => {
    await receive('a', 'hello');
    await begin('a');
    await receive('1', '!stop');
    gateway.aborts.push(true);
    await operator.work();
    await store.settle('a', 'answered');
    await answered('The run had ended already.');
    expect([...stopped]).toEqual([]);
  });

  it('tries again while the request for the run is under way', async () => {
    await receive('a', 'hello');
    await begin('a');
    await receive('1', '!stop');
    gateway.aborts.push(false, false, true);
    await operator.work();
    await answered('The run was stopped.');
    expect(gateway.aborted).toHaveLength(3);
  });

  it('lets the run go on that the gateway does not let it stop, and one of a gateway that is away', async () => {
    await receive('a', 'hello');
    await begin('a');
    await receive('1', '!stop');
    gateway.aborts.push(new GatewayError('refused', 'unauthorized', { hint: 'Ask the operator' }));
    await operator.work();
    await answered('The run could not be stopped: unauthorized. Ask the operator');
    expect([...stopped]).toEqual([]);
    gateway.connected = (signal?: AbortSignal) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    Object.assign(gateway, { state: { ...gateway.state, phase: 'waiting', reason: 'no route to it' } });
    await receive('2', '!stop');
    await operator.work();
    await answered('because the gateway is away: no route to it');
    expect(gateway.aborted).toHaveLength(1);
    expect(await store.commands.stopped(account)).toEqual([]);
  });

  it('holds up no other command, and is done once over a restart, for the same run', async () => {
    await receive('a', 'hello');
    await begin('a');
    await receive('1', '!stop');
    await receive('2', '!status');
    gateway.aborts.push(true);
    await operator.work();
    expect(await answers()).toEqual(['all is well, 0 muted']);
    await expect.poll(() => gateway.aborted).toHaveLength(1);
    await operator.stop(0);
    expect(await answers()).toHaveLength(1);
    await store.settle('a', 'stopped');
    await receive('b', 'next');
    await begin('b');
    stopped.clear();
    open();
    await operator.start();
    await answered('The run was stopped.');
    expect(gateway.aborted.at(-1)).toBe('session a');
    expect(stopped.has('b')).toBe(false);
  });
});
