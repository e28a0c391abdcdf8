import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { refsOf } from '../../src/views/refs.ts';
import { runCli } from './program.ts';

const phone = '15551234567';
const idOf = (ending: string) =>
  `wamid.${Buffer.from(`\u001d\u000b${phone}\u0015\u0002`, 'latin1').toString('base64')}${ending}`;
const failedId = idOf('QTdDMkI1RDY4RjAx');
const pendingId = idOf('QTdDMkI1RDY4RjAy');
const droppedId = idOf('QTdDMkI1RDY4RjAz');

let dir: string;
let store: Store;

const message = (id: string): InboundMessage => ({
  id,
  account: '106540352242922',
  sender: { phone, userId: null, name: 'Ada \u001b[31mLovelace', username: null },
  conversationId: null,
  timestamp: 1_770_000_000_000,
  type: 'text',
  text: 'The secret is out',
  media: null,
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
  store = await openStore({ dir, clock: systemClock });
  const entry = (id: string, lane: string) => ({
    id,
    account: '106540352242922',
    lane,
    occurredAt: 1_770_000_000_000,
    body: JSON.stringify(message(id)),
  });
  await store.accept([entry(failedId, 'a'), entry(pendingId, 'b'), entry(droppedId, 'c')]);
  await store.accept([
    {
      id: 'unreadable:1',
      account: '106540352242922',
      lane: 'd',
      occurredAt: 1,
      body: '{"raw":{"from":"15551234567"}}',
      failure: 'no sender, from 15551234567',
    },
  ]);
  await store.fail(failedId, `The run for +${phone} ended with an error`);
  await store.drop([droppedId]);
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const inbox = (...args: string[]) => runCli(['inbox', ...args, '--state-dir', dir]);
const state = async (id: string) => (await store.get(id))?.state;

describe('kapso-whatsapp-cli inbox', () => {
  test.each([
    ['list', ['list']],
    ['list --json', ['list', '--json']],
    ['show', ['show', 'QTdDMkI1RDY4RjAx']],
    ['show --json', ['show', 'unreadable:1', '--json']],
  ])('%s hides numbers, names, texts and ids', async (_, args) => {
    const { code, stdout } = await inbox(...args);
    expect(code).toBe(0);
    for (const hidden of [phone, '5551234', 'Lovelace', 'secret', failedId.slice(0, -16), '\u001b']) {
      expect(stdout).not.toContain(hidden);
    }
  });

  test('says what was written in a group, and in which one', async () => {
    const id = idOf('QTdDMkI1RDY4RjA5');
    const body = JSON.stringify({ ...message(id), groupId: `${phone}-1400000000@g.us` });
    await store.accept([{ id, account: '106540352242922', lane: 'g', occurredAt: 1_770_000_000_002, body }]);
    const { stdout } = await inbox('list');
    expect(stdout).toContain('+1555…67 in a group');
    expect(JSON.parse((await inbox('show', 'QTdDMkI1RDY4RjA5', '--json')).stdout).group).toBe('15551…us');
    expect((await inbox('show', 'QTdDMkI1RDY4RjA5', '--full')).stdout).toContain(`${phone}-1400000000@g.us`);
    expect(JSON.parse((await inbox('show', 'QTdDMkI1RDY4RjAy', '--json')).stdout).group).toBeNull();
  });

  test('list --full shows all, without letting the sender steer the terminal', async () => {
    const { stdout } = await inbox('list', '--full');
    for (const shown of [`+${phone}`, 'Ada \\u001b[31mLovelace', 'The secret is out', failedId]) {
      expect(stdout).toContain(shown);
    }
    expect(stdout).not.toContain('\u001b');
  });

  test('says at each message that waits behind one that keeps failing which one that is, and why', async () => {
    const behind = [idOf('QTdDMkI1RDY4RjA1'), idOf('QTdDMkI1RDY4RjA2')];
    await store.accept(
      behind.map(id => ({
        id,
        account: '106540352242922',
        lane: 'b',
        occurredAt: 1_770_000_000_001,
        body: JSON.stringify(message(id)),
      })),
    );
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await store.defer(pendingId, { until: 1, reason: `HTTP 500 for +${phone}`, counted: true, resend: true });
    }
    const { stdout } = await inbox('list', '--state', 'pending');
    expect(stdout.match(/waits for message \S*RDY4RjAy, which failed 3 times: HTTP 500 for \+1555…67/g)).toHaveLength(
      2,
    );
    const shown = JSON.parse((await inbox('show', 'QTdDMkI1RDY4RjA1', '--json')).stdout);
    expect(shown).toMatchObject({
      waitsFor: expect.stringMatching(/RDY4RjAy$/),
      reason: expect.stringContaining('failed 3 times'),
    });
    await store.begin(pendingId, { runKey: 'k', runNumber: 4 });
    expect((await inbox('list')).stdout).toContain('which failed 3 times: it is being tried again');
    expect(JSON.parse((await inbox('show', 'QTdDMkI1RDY4RjAx', '--json')).stdout)).toMatchObject({ waitsFor: null });
  });

  test('tells an end that is too short from one that no id has', async () => {
    expect(await inbox('show', 'RjAx')).toMatchObject({
      code: 64,
      stderr:
        'kapso-whatsapp-cli: "RjAx" is too short. Give at least 6 characters of the end of the id; ' +
        'kapso-whatsapp-cli inbox list shows them.\n',
    });
    expect((await inbox('show', 'nobody')).stderr).toBe(
      'kapso-whatsapp-cli: no message has an id that ends with "nobody". See kapso-whatsapp-cli inbox list.\n',
    );
  });

  test('list takes states and a limit', async () => {
    const views = JSON.parse((await inbox('list', '--json', '--state', 'failed', '--state', 'dropped')).stdout);
    expect(views.map((view: { state: string }) => view.state).sort()).toEqual(['dropped', 'failed', 'failed']);
    expect(JSON.parse((await inbox('list', '--json', '--limit', '2')).stdout)).toHaveLength(2);
    expect((await inbox('list', '--state', 'settled')).stdout).toBe('No messages.\n');
  });

  test('retry takes what list shows, a whole id, and the form with an ellipsis', async () => {
    const [view] = JSON.parse((await inbox('list', '--json', '--state', 'dropped')).stdout);
    expect(await inbox('retry', view.ref)).toMatchObject({ code: 0 });
    expect(await inbox('retry', failedId)).toMatchObject({ code: 0 });
    expect(await inbox('retry', '…unreadable:1')).toMatchObject({ code: 0 });
    expect(await state(droppedId)).toBe('pending');
    expect(await state(failedId)).toBe('pending');
    expect(await state('unreadable:1')).toBe('pending');
  });

  test('retry --all takes what failed and leaves what an operator dropped', async () => {
    const { code, stdout } = await inbox('retry', '--all', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).retried).toBe(2);
    expect(await state(failedId)).toBe('pending');
    expect(await state(droppedId)).toBe('dropped');
    expect((await inbox('retry', '--all')).stdout).toContain('Nothing to do');
  });

  test('retry of what is under way changes nothing and says why', async () => {
    const { code, stdout } = await inbox('retry', pendingId);
    expect(code).toBe(69);
    expect(stdout).toMatch(/not retried: it is pending/);
    expect(stdout).not.toContain(pendingId);
  });

  test('drop --all wants --yes, and drops what failed unless told other states', async () => {
    expect(await inbox('drop', '--all')).toMatchObject({ code: 64 });
    expect(await state(failedId)).toBe('failed');
    expect(await inbox('drop', '--all', '--yes')).toMatchObject({ code: 0 });
    expect(await state(failedId)).toBe('dropped');
    expect(await state(pendingId)).toBe('pending');
    expect(await inbox('drop', '--all', '--yes', '--state', 'pending')).toMatchObject({ code: 0 });
    expect(await state(pendingId)).toBe('dropped');
  });

  test('an ending that fits several ids, none, or is too short is refused', async () => {
    const several = idOf('00QTdDMkI1RDY4RjAx');
    await store.accept([
      { id: several, account: '106540352242922', lane: 'e', occurredAt: 2, body: JSON.stringify(message(several)) },
    ]);
    expect(await inbox('drop', 'QTdDMkI1RDY4RjAx')).toMatchObject({ code: 64 });
    expect(await inbox('drop', 'nothing-like-it')).toMatchObject({ code: 64 });
    expect(await inbox('drop', 'RjAx')).toMatchObject({ code: 64 });
    expect(await inbox('drop')).toMatchObject({ code: 64 });
    expect(await inbox('drop', failedId, '--all', '--yes')).toMatchObject({ code: 64 });
    expect(await state(failedId)).toBe('failed');
    expect(await state(several)).toBe('pending');
  });

  test('does not create an inbox where there is none', async () => {
    const empty = join(dir, 'elsewhere');
    for (const command of [['list'], ['retry', '--all'], ['drop', '--all', '--yes']]) {
      const ended = await runCli(['inbox', ...command, '--state-dir', empty]);
      expect(ended.code).toBe(69);
      expect(ended.stderr).toContain(empty);
    }
    expect(existsSync(empty)).toBe(false);
  });
});

test('ends of ids grow until they tell the ids apart and can be typed as a word', () => {
  const refs = refsOf(['wamid.AAAA-12345678901', 'wamid.BBBB-12345678901', 'short']);
  expect([...refs.values()]).toEqual(['A-12345678901', 'B-12345678901', 'short']);
});

test('ends of an id are told apart among as many as an outage may leave', () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => `wamid.${i}-${'A'.repeat(20)}`);
  const refs = refsOf([...ids, `x${ids[7]}`]);
  expect(new Set(refs.values()).size).toBe(ids.length + 1);
  for (const [id, ref] of refs) expect(id.endsWith(ref)).toBe(true);
});

test('JSON for programs moves no cursor and turns no text around, and says the same to a parser', async () => {
  const odd = 'C1 \u009b31m DEL \u007f bidi \u202e\u2066\u200f\u061c lines \u2028\u2029 \u001b[2J end';
  const id = idOf('QTdDMkI1RDY4RjA0');
  const body = JSON.stringify({
    ...message(id),
    account: '106540352242922',
    sender: { phone, userId: null, name: odd, username: null },
    text: odd,
  });
  await store.accept([{ id, account: '106540352242922', lane: 'e', occurredAt: 2, body }]);
  const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
  for (const args of [['list'], ['show', id], ['retry', odd], ['drop', odd]]) {
    for (const full of args[0] === 'list' || args[0] === 'show' ? [[], ['--full']] : [[]]) {
      const { stdout, stderr } = await inbox(...args, ...full, '--json');
      expect(stdout + stderr).not.toMatch(unsafe);
      JSON.parse(stdout);
    }
  }
  expect(JSON.parse((await inbox('show', id, '--full', '--json')).stdout)).toMatchObject({ name: odd, text: odd });
});
