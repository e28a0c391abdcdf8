/** The page of the real poller, as a browser asks for it: who gets what, and what can be done. */
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Change, MessageView } from '../../src/page/shape.ts';
import type { Program } from './program.ts';
import { apiKey, createStage, type Stage } from './programs.ts';

const token = 'ui-token-71c0d95ae8b4';
const on = { KAPSO_UI_ENABLE: 'true', KAPSO_UI_ADDR: '127.0.0.1:0', KAPSO_UI_TOKEN: token };
const authorization = `Bearer ${token}`;
const secretText = 'my pin is 4711';
const customer = '+15551239876';

async function originOf(poller: Program): Promise<string> {
  const line = poller.lines[await poller.says('The page is served')] ?? '';
  return `http://${(JSON.parse(line) as { address: string }).address}`;
}

/** Follows the page's stream. `until` resolves with the first change from then on, or of before, that is as wanted. */
async function follow(origin: string) {
  const changes: Change[] = [];
  const ending = new AbortController();
  const response = await fetch(`${origin}/events`, { headers: { authorization }, signal: ending.signal });
  let more = Promise.withResolvers<void>();
  let rest = '';
  const reading = (async () => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) if (block.startsWith('data: ')) changes.push(JSON.parse(block.slice(6)));
      more.resolve();
      more = Promise.withResolvers();
    }
  })().catch(() => undefined);
  return {
    changes,
    rowThat: async (isSo: (row: MessageView) => boolean): Promise<MessageView> => {
      for (;;) {
        const rows = changes.flatMap(change => ('put' in change && change.put === 'messages' ? change.value : []));
        const found = rows.findLast(isSo);
        if (found) return found;
        await more.promise;
      }
    },
    close: async () => {
      ending.abort();
      await reading;
    },
  };
}

async function act(origin: string, id: string, action: string, headers: Record<string, string> = { authorization }) {
  const response = await fetch(`${origin}/actions/message`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ id, action }),
  });
  return { status: response.status, body: (await response.json()) as { error?: string } };
}

/** A stage with one message that the agent has failed, and its poller. */
async function withFailed(env: Record<string, string>): Promise<{ stage: Stage; poller: Program; id: string }> {
  const stage = createStage();
  const kapso = await stage.startKapso();
  await stage.startGateway();
  const poller = await stage.startPoller(env);
  const [id = ''] = await kapso.receive([{ from: customer, text: `${secretText} [[fail-late]]` }]);
  poller.signal('SIGUSR2');
  await stage.holds('failed', 1);
  return { stage, poller, id };
}

it('shows the queue without words, numbers or secrets, and does what its token allows', async () => {
  const { stage, poller, id } = await withFailed(on);
  const origin = await originOf(poller);
  expect(await fetch(origin).then(page => page.text())).toContain('What is wrong');
  expect((await fetch(`${origin}/events`)).status).toBe(401);

  const page = await follow(origin);
  const row = await page.rowThat(({ state }) => state === 'failed');
  expect(row).toMatchObject({ text: '+1555…76 B…: text', actions: ['retry', 'drop'] });
  expect(row.says).toMatch(/^Given up: /);
  expect((await act(origin, row.id, 'retry', {})).status).toBe(401);
  expect((await act(origin, row.id, 'retry', { authorization, origin: 'https://evil.example' })).status).toBe(403);
  expect((await act(origin, id, 'retry')).status).toBe(404);
  expect((await act(origin, row.id, 'delete')).status).toBe(404);
  await stage.holds('failed', 1);

  // The agent fails it once more, in a second run.
  expect((await act(origin, row.id, 'retry')).status).toBe(200);
  await page.rowThat(one => one.id === row.id && one.state !== 'failed');
  await stage.until('it failed again', async () => (await stage.inbox())[0]?.runNumber === 2);
  await stage.holds('failed', 1);
  expect((await act(origin, row.id, 'drop')).status).toBe(200);
  await stage.holds('dropped', 1);
  await page.rowThat(({ says }) => says.startsWith('Dropped: '));
  const again = await act(origin, row.id, 'drop');
  expect(again).toEqual({ status: 409, body: { error: 'Nothing was changed: the message is dropped by now.' } });

  const told = JSON.stringify(page.changes);
  for (const secret of [secretText, customer.slice(1), apiKey, token, stage.env.OPENCLAW_TOKEN ?? '-', id, 'Bob']) {
    expect(told).not.toContain(secret);
  }
  expect(page.changes.flatMap(change => ('put' in change && change.put === 'log' ? change.value : []))).not.toEqual([]);
  await page.close();
  await poller.end();
  expect(poller.lines.join('\n')).not.toContain(token);
  expect(poller.lines.filter(line => line.includes('Changed by hand, at the page'))).toHaveLength(2);
});

it('listens on a Unix socket of its user alone, and not at all when it is off', async () => {
  const stage = createStage();
  await stage.startKapso();
  await stage.startGateway();
  const path = join(stage.dir, 'page.sock');
  const poller = await stage.startPoller({ ...on, KAPSO_UI_ADDR: `unix:${path}` });
  await poller.says('The page is served');
  const status = (headers: Record<string, string>) =>
    new Promise(resolve => {
      request({ socketPath: path, path: '/', headers, agent: false }, response => {
        resolve(response.statusCode);
        response.destroy();
      }).end();
    });
  expect(await status({ host: 'localhost:9465' })).toBe(200);
  expect(await status({ host: 'evil.example' })).toBe(421);
  await poller.end();
  const plain = stage.poller({ KAPSO_UI_TOKEN: token });
  await plain.start();
  expect(plain.lines.join('\n')).not.toContain('The page is served');
  await plain.end();
});

it('does not start where others could reach it, or without a token', async () => {
  const stage = createStage();
  const wrong: [Record<string, string>, RegExp][] = [
    [{ KAPSO_UI_ADDR: ':9465' }, /KAPSO_UI_ADDR.*is not an address of this machine alone/],
    [{ KAPSO_UI_ADDR: '0.0.0.0:9465' }, /KAPSO_UI_ADDR.*is not an address of this machine alone/],
    [{ KAPSO_UI_ADDR: '127.0.0.1.example.com:9465' }, /KAPSO_UI_ADDR.*is not an address of this machine alone/],
    [{ KAPSO_UI_TOKEN: 'short' }, /KAPSO_UI_TOKEN.*is shorter than 16 characters/],
    [{ KAPSO_UI_TOKEN: '' }, /KAPSO_UI_TOKEN/],
  ];
  for (const [env, says] of wrong) {
    const { code, stderr } = await stage.run('poller', [], { ...on, ...env });
    expect([code, stderr]).toEqual([78, expect.stringMatching(says)]);
  }
});
