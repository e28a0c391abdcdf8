import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/open.ts';
import type { NewOutgoing } from '../../src/store/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import { runCli } from './program.ts';

const phone = '15551234567';
const account = '106540352242922';
const idOf = (ending: string) =>
  `wamid.${Buffer.from(`\u001d\u000b${phone}\u0015\u0002`, 'latin1').toString('base64')}${ending}`;
/** Their answers: one of two parts that failed, one that is sent, one that waits, one that may have been sent. */
const [failed, sent, waiting, doubtful] = ['QTdDMkI1RDYx', 'QTdDMkI1RDYy', 'QTdDMkI1RDYz', 'QTdDMkI1RDY0'].map(
  idOf,
) as [string, string, string, string];
const secret = 'The secret \u001b[31mis out';

let dir: string;
let store: Store;

function reply(message: string, over: Partial<NewOutgoing> = {}): NewOutgoing {
  const { part = 1, answer = `${message}#1` } = over;
  return {
    ...{ id: `${answer}/${part}`, message, answer, account, lane: message, recipient: `+${phone}`, via: 'relay' },
    ...{ part, parts: 1, body: JSON.stringify({ v: 1, kind: 'text', text: secret }), sendBefore: null, ...over },
  };
}

async function answered(id: string, ...outgoing: NewOutgoing[]): Promise<void> {
  await store.accept([{ id, account, lane: id, occurredAt: 1_770_000_000_000, body: '{}' }]);
  await store.begin(id, { runKey: id, runNumber: 1 });
  await store.settle(id, 'answering', { outgoing });
}

async function refuse(id: string, reason: string, code: number | null = null): Promise<void> {
  await store.outbox.begin(id, { mark: `mark of ${id}`, recipient: `+${phone}`, body: reply(failed).body });
  await store.outbox.fail(id, { reason, code });
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
  store = await openStore({ dir, clock: systemClock });
  await answered(failed, ...[1, 2].map(part => reply(failed, { part, parts: 2 })));
  await answered(sent, reply(sent));
  await answered(waiting, reply(waiting));
  await answered(doubtful, reply(doubtful));
  await refuse(`${failed}#1/1`, `refused for +${phone}`, 131026);
  await store.outbox.begin(`${sent}#1/1`, { mark: 'mark', recipient: phone, body: reply(sent).body });
  await store.outbox.sent(`${sent}#1/1`, idOf('U0VOVA'));
  const report = { sentId: idOf('U0VOVA'), mark: null, at: 1_770_000_001_000, code: null, reason: null };
  await store.outbox.report({ ...report, status: 'delivered' });
  await refuse(`${doubtful}#1/1`, 'It may have been sent: Kapso did not answer');
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const outbox = (...args: string[]) => runCli(['outbox', ...args, '--state-dir', dir]);

test('list says of each what it is, with its words, only where they are asked for', async () => {
  const media = { v: 1, kind: 'media', media: 'image', source: { id: '1' }, caption: 'The pier' };
  await answered(idOf('TUVESUE'), reply(idOf('TUVESUE'), { body: JSON.stringify(media) }));
  const list = async (...more: string[]) => (await outbox('list', '--state', 'pending', ...more)).stdout;
  expect(await list('--full')).toContain('[image] The pier');
  expect(await list()).not.toContain('The pier');
});

const json = async (...args: string[]) => JSON.parse((await outbox(...args, '--json')).stdout);
const state = async (id: string) => (await store.outbox.get(id))?.state;

describe('kapso-whatsapp-cli outbox', () => {
  test.each([
    ['list', ['list']],
    ['list --json', ['list', '--json']],
    ['show', ['show', 'QTdDMkI1RDYx']],
    ['show --json', ['show', 'QTdDMkI1RDYx#1/1', '--json']],
    ['retry', ['retry', failed]],
    ['drop', ['drop', `${failed}#1/1`]],
  ])('%s hides numbers, texts and ids', async (_, args) => {
    const { code, stdout } = await outbox(...args);
    expect(code).toBe(0);
    for (const hidden of [phone, '5551234', 'secret', failed.slice(0, -12), '\u001b']) {
      expect(stdout).not.toContain(hidden);
    }
  });

  test('list says of each where it stands, and why', async () => {
    const { stdout } = await outbox('list');
    const line = (id: string) => stdout.split('\n').find(one => one.startsWith(id));
    expect(line('QTdDMkI1RDYx#1/1')).toMatch(/failed +\+1555…67 +relay +1\/2 .* refused for \+1555…67 \(131026\)$/);
    expect(line('QTdDMkI1RDYx#1/2')).toMatch(/failed .* 2\/2 .* Part 1 of the answer could not be sent/);
    expect(line('QTdDMkI1RDYy#1/1')).toMatch(/sent, delivered +\+1555…67 .* -$/);
    expect(line('QTdDMkI1RDYz#1/1')).toMatch(/pending /);
  });

  test('list --full shows all, without letting the text steer the terminal', async () => {
    const { stdout } = await outbox('list', '--full');
    for (const shown of [`+${phone}`, 'The secret \\u001b[31mis out', `${failed}#1/1`]) expect(stdout).toContain(shown);
    expect(stdout).not.toContain('\u001b');
  });

  test('list takes states and a limit', async () => {
    const views: { state: string }[] = await json('list', '--state', 'sent', '--state', 'pending');
    expect(views.map(view => view.state)).toEqual(['pending', 'sent']);
    expect(await json('list', '--limit', '2')).toHaveLength(2);
    expect((await outbox('list', '--state', 'dropped')).stdout).toBe('No messages.\n');
    expect((await outbox('list', '--state', 'settled')).code).toBe(64);
  });

  test('show takes the id of an outgoing message, or that of a message for all that answer it', async () => {
    expect(await json('show', 'QTdDMkI1RDYx#1/2')).toMatchObject([{ part: 2, state: 'failed', kind: 'text' }]);
    expect(await json('show', 'QTdDMkI1RDYx')).toMatchObject([
      { ref: 'QTdDMkI1RDYx#1/1', part: 1, code: 131026 },
      { ref: 'QTdDMkI1RDYx#1/2', part: 2 },
    ]);
    expect(await json('show', `${sent}#1/1`, '--full')).toMatchObject([
      {
        ...{ id: `${sent}#1/1`, message: sent, sentId: idOf('U0VOVA'), to: `+${phone}`, status: 'delivered' },
        content: { kind: 'text', text: secret },
      },
    ]);
    expect((await outbox('show', 'nothing-like-it')).stderr).toBe(
      'kapso-whatsapp-cli: no message has an id that ends with "nothing-like-it". See kapso-whatsapp-cli outbox list.\n',
    );
  });

  test('shows a content of any form as it is', async () => {
    await store.outbox.add([reply('odd', { body: 'no JSON' }), reply('new', { body: '{"v":9,"kind":"song"}' })]);
    expect(await json('show', 'odd#1/1', '--full')).toMatchObject([{ kind: null, content: 'no JSON' }]);
    expect(await json('show', 'new#1/1', '--full')).toMatchObject([{ kind: 'song', content: { kind: 'song' } }]);
    expect((await outbox('list')).code).toBe(0);
  });

  test('retry sends the failed parts of an answer again, and the running poller sees it', async () => {
    await store.changedElsewhere();
    expect(await json('retry', 'QTdDMkI1RDYx')).toMatchObject({
      retried: 2,
      results: [{ was: 'failed' }, { done: true }],
    });
    expect([await state(`${failed}#1/1`), await state(`${failed}#1/2`)]).toEqual(['pending', 'pending']);
    expect((await store.get(failed))?.outcome).toBe('answering');
    expect(await store.changedElsewhere()).toBe(true);
  });

  test('retry of an answer leaves the parts that were sent', async () => {
    await store.outbox.retry([`${failed}#1/1`]);
    await store.outbox.sent(`${failed}#1/1`, 'wamid.part1');
    const { code, stdout } = await outbox('retry', failed);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'QTdDMkI1RDYx#1/2  retried\n' });
    expect(await state(`${failed}#1/1`)).toBe('sent');
  });

  test('retry of what is sent changes nothing and says why', async () => {
    expect(await outbox('retry', sent)).toMatchObject({
      code: 69,
      stdout: 'QTdDMkI1RDYy#1/1  not retried: it is sent\n',
    });
    expect(await state(`${sent}#1/1`)).toBe('sent');
  });

  test('retry of what may have been sent wants --force', async () => {
    const { code, stdout } = await outbox('retry', doubtful);
    expect(code).toBe(69);
    expect(stdout).toMatch(/^QTdDMkI1RDY0#1\/1 {2}not retried: it may have been sent; .*--force/);
    expect(await state(`${doubtful}#1/1`)).toBe('failed');
    expect((await outbox('retry', doubtful, '--force')).code).toBe(0);
    expect(await state(`${doubtful}#1/1`)).toBe('pending');
  });

  test('retry of what was dropped while it left wants --force, and not of what WhatsApp has reported as failed', async () => {
    await store.outbox.begin(`${waiting}#1/1`, { mark: 'm', recipient: phone, body: '{}' });
    expect((await outbox('drop', waiting)).code).toBe(0);
    expect((await outbox('retry', waiting)).code).toBe(69);
    expect(await state(`${waiting}#1/1`)).toBe('dropped');
    const report = {
      sentId: idOf('U0VOVA'),
      mark: null,
      at: 1,
      code: 131026,
      reason: 'may have been sent to a landline',
    };
    await store.outbox.report({ ...report, status: 'failed' });
    expect((await outbox('retry', sent)).code).toBe(0);
    expect(await state(`${sent}#1/1`)).toBe('pending');
  });

  test('retry --all takes what failed, names what may have been sent, and leaves earlier answers', async () => {
    await answered('again', reply('again', { failure: 'old' }));
    await store.outbox.add([reply('again', { answer: 'again#2' })]);
    const { retried, results } = await json('retry', '--all');
    expect(retried).toBe(2);
    expect(results.filter((result: { done: boolean }) => !result.done)).toMatchObject([
      { ref: 'QTdDMkI1RDY0#1/1', why: expect.stringContaining('may have been sent') },
    ]);
    expect(await state('again#1/1')).toBe('failed');
    expect((await outbox('retry', '--all')).code).toBe(69);
    expect((await outbox('retry', '--all', '--force')).code).toBe(0);
    expect((await outbox('retry', '--all')).stdout).toBe('Nothing to do: no message is failed.\n');
  });

  test('drop --all wants --yes, and drops what failed unless told other states', async () => {
    expect(await outbox('drop', '--all')).toMatchObject({ code: 64 });
    expect(await state(`${failed}#1/1`)).toBe('failed');
    expect(await outbox('drop', '--all', '--yes')).toMatchObject({ code: 0 });
    expect([await state(`${failed}#1/1`), await state(`${waiting}#1/1`)]).toEqual(['dropped', 'pending']);
    expect(await outbox('drop', '--all', '--yes', '--state', 'pending')).toMatchObject({ code: 0 });
    expect(await state(`${waiting}#1/1`)).toBe('dropped');
    expect(await outbox('drop', sent)).toMatchObject({ code: 69 });
  });

  test('does not create an inbox where there is none', async () => {
    const empty = join(dir, 'elsewhere');
    for (const command of [['list'], ['retry', '--all'], ['drop', '--all', '--yes']]) {
      const ended = await runCli(['outbox', ...command, '--state-dir', empty]);
      expect(ended.code).toBe(69);
      expect(ended.stderr).toContain(empty);
    }
    expect(existsSync(empty)).toBe(false);
  });
});

describe('kapso-whatsapp-cli inbox says what the customer got', () => {
  const inbox = (...args: string[]) => runCli(['inbox', ...args, '--state-dir', dir]);
  const shown = async (...args: string[]) => JSON.parse((await inbox(...args, '--json')).stdout);

  test('list: by which way, and how far it has come', async () => {
    await store.accept([{ id: 'wamid.GIVENUP00001', account, lane: 'g', occurredAt: 1, body: '{}' }]);
    await store.fail('wamid.GIVENUP00001', 'no answer', { outgoing: [reply('wamid.GIVENUP00001', { via: 'notice' })] });
    const { stdout } = await inbox('list');
    const line = (id: string) => stdout.split('\n').find(one => one.startsWith(id));
    expect(line('QTdDMkI1RDYx')).toMatch(/failed by relay, part 1 of 2 failed: refused for \+1555…67 \(131026\)$/);
    expect(line('QTdDMkI1RDYy')).toMatch(/answered by relay, delivered$/);
    expect(line('QTdDMkI1RDYz')).toMatch(/answering by relay, pending$/);
    expect(line('GIVENUP00001')).toMatch(/no answer \| notice, pending$/);
  });

  test('list: an answer has come as far as its last part', async () => {
    const ids = ['wamid.one', 'wamid.two'];
    const own = (part: number) => reply('both', { part, parts: 2, via: 'agent', sentId: ids[part - 1] as string });
    await answered('both', own(1), own(2));
    const report = { mark: null, at: 1, code: null, reason: null };
    await store.outbox.report({ ...report, sentId: 'wamid.one', status: 'read' });
    await store.outbox.report({ ...report, sentId: 'wamid.two', status: 'delivered' });
    expect((await inbox('list')).stdout).toMatch(/^both .* answered by agent, 2 parts delivered$/m);
  });

  test('show: each part, with its id, its delivery and the reason', async () => {
    const { stdout } = await inbox('show', failed);
    expect(stdout).toMatch(
      /^answer +part 1 of 2 by relay \| failed \| QTdDMkI1RDYx#1\/1 \| refused for .* \(131026\)$/m,
    );
    expect(stdout).toMatch(/^answer +part 2 of 2 by relay \| failed \| QTdDMkI1RDYx#1\/2 \| Part 1 of the answer/m);
    expect(stdout).not.toContain(phone);
    expect((await inbox('show', sent, '--full')).stdout).toContain(
      `| sent, delivered | ${sent}#1/1 | ${idOf('U0VOVA')}`,
    );
  });

  test('--json has the parts of the last answer only', async () => {
    await store.outbox.add([reply(failed, { answer: `${failed}#2`, via: 'agent', sentId: 'wamid.second' })]);
    const part = { via: 'agent', state: 'sent', status: null, part: 1, parts: 1, reason: null, code: null };
    expect((await shown('show', failed)).answer).toEqual([{ ref: 'QTdDMkI1RDYx#2/1', ...part }]);
    expect((await shown('show', failed, '--full')).answer).toMatchObject([
      { id: `${failed}#2/1`, sentId: 'wamid.second' },
    ]);
    await store.accept([{ id: 'wamid.UNANSWERED01', account, lane: 'u', occurredAt: 1, body: '{}' }]);
    expect((await shown('show', 'wamid.UNANSWERED01')).answer).toEqual([]);
  });
});
