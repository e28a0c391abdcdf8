import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { connectLive } from '../../src/live/client.ts';
import { entry } from '../store/fixtures.ts';
import { at, follow, startLive } from './stage.ts';

test('only its owner can open the socket, and only read there, and it is gone when the poller stops', async () => {
  const stage = await startLive();
  const socket = stage.socket();
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  await stage.store.accept([entry('wamid.1', { by: 'webhook' })]);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    for (const path of ['/v1/status', '/v1/events', '/v1/trace?id=wamid.1']) {
      expect((await stage.get(path, method)).status, `${method} ${path}`).toBe(405);
    }
  }
  for (const path of ['/', '/v1', '//', '/v1/../etc', '/v1/trace', '/v1/arrivals?limit=x', '/v1/messages?id=none']) {
    expect([200, 400, 404], path).toContain((await stage.get(path)).status);
  }
  // What is no HTTP, and a head without end, harm nobody.
  const garbage = await stage.connection('\0\0\0\r\n\r\n');
  const endless = await stage.connection(`GET /v1/status HTTP/1.1\r\nx: ${'x'.repeat(20_000)}`);
  await Promise.all([garbage.closed, endless.closed]);
  expect(JSON.parse((await stage.get('/v1/status')).text)).toMatchObject({
    running: true,
    queue: { byState: { pending: 1 } },
  });
  expect((await stage.store.get('wamid.1'))?.state).toBe('pending');

  const reader = await stage.connection(follow);
  await reader.says('"hello"');
  const [bye] = await Promise.all([reader.says('the poller stops'), stage.live.stop(1000)]);
  expect(bye).toContain('bye');
  expect(existsSync(socket)).toBe(false);
  expect(await connectLive([socket])).toBeNull();
});

test('a reader that is slow, or takes nothing at all, holds up nobody and costs a bounded amount', async () => {
  const stage = await startLive();
  const stuck = await Promise.all(Array.from({ length: 8 }, () => stage.connection(follow)));
  await Promise.all(stuck.map(one => one.says('"hello"')));
  for (const { socket } of stuck) socket.pause();
  expect((await stage.get('/v1/events')).status).toBe(503);

  const count = 4000;
  const before = process.memoryUsage().heapUsed + process.memoryUsage().external;
  const begun = process.hrtime.bigint();
  for (let number = 1; number <= count; number += 1) {
    const reason = `${number} ${'x'.repeat(2000)}`;
    stage.emit({ type: 'message deferred', message: `wamid.${number % 7}`, reason, attempts: 1, until: at });
    // What the system takes is sent meanwhile.
    if (number % 200 === 0) await new Promise(resolve => setImmediate(resolve));
  }
  expect(Number(process.hrtime.bigint() - begun) / 1e6).toBeLessThan(5000);
  // Eight times 8 MB would be kept without a limit; beside it there is the history itself.
  const grown = process.memoryUsage().heapUsed + process.memoryUsage().external - before;
  expect(grown).toBeLessThan(40_000_000);

  const [slow, ...dead] = stuck;
  if (slow === undefined) throw new Error('none is stuck');
  slow.socket.resume();
  const isComplete = () => {
    const lines = slow
      .seen()
      .split('\n')
      .filter(line => line.startsWith('{') && line.endsWith('}'));
    const sums = lines.map(line => JSON.parse(line)).map(line => line.leftOut ?? (line.seq ? 1 : 0));
    return sums.reduce((sum, one) => sum + one, 0) === count;
  };
  // Every event was sent, or is counted as left out.
  while (!isComplete()) await once(slow.socket, 'data');
  expect(slow.seen()).toMatch(/"leftOut":\d{4}/);
  stage.emit({ type: 'message failed', message: 'wamid.1', reason: 'the last one' });
  expect(await slow.says('the last one')).toContain(`"seq":${count + 1}`);

  // The others take nothing for a minute, and make place.
  stage.clock.advance(60_001);
  for (const { socket } of dead) socket.resume();
  await Promise.all(dead.map(({ closed }) => closed));
  const next = await stage.connection(follow);
  expect(await next.says('"hello"')).toContain('200 OK');
});

test('so many connections are open at a time, and one that asks nothing is closed', async () => {
  const stage = await startLive();
  const open = await Promise.all(Array.from({ length: 32 }, () => stage.connection()));
  const more = await stage.connection();
  await more.closed;
  for (const { socket } of open) socket.destroy();
  await Promise.all(open.map(({ closed }) => closed));
  await expect.poll(async () => (await stage.get('/v1/status').catch(() => ({ status: 0 }))).status).toBe(200);
});

test('no secret leaves by it, wherever it stands', async () => {
  const secrets = ['api-key-canary-81', 'token "canary" 82', 'signing+canary/83='];
  const said = secrets.join(' and ');
  // Words that are keys in what is served.
  const words = ['gateway', 'running', 'message'];
  const stage = await startLive({
    secrets: [...secrets, ...words],
    record: async () => ({
      kind: 'answered',
      reply: said,
      calls: [{ name: said, command: said, output: said, failed: null, exitCode: null, refused: false }],
    }),
  });
  const message = { v: 1, kind: 'message', text: said };
  await stage.store.accept([entry('wamid.1', { body: JSON.stringify(message), author: 'a' })]);
  await stage.store.begin('wamid.1', { runKey: 'wamid.1#1', runNumber: 1 });
  for (const _ of [1, 2]) await stage.store.defer('wamid.1', { until: at, reason: said, counted: true, resend: true });
  const reader = await stage.connection(follow);
  await reader.says('"hello"');
  const seen = reader.says('the end');
  stage.emit({ type: 'message deferred', message: 'wamid.1', reason: said, attempts: 1, until: at });
  stage.emit({ type: 'command done', message: 'wamid.1', command: said, answer: said });
  stage.emit({ type: 'message failed', message: 'wamid.1', reason: 'the end' });
  const answers = await Promise.all(
    ['/v1/status', '/v1/arrivals?full=1', '/v1/messages?id=wamid.1&full=1', '/v1/trace?id=wamid.1&full=1'].map(path =>
      stage.get(path),
    ),
  );
  const all = [await seen, ...answers.map(({ text }) => text)];
  for (const text of all) expect(text).not.toMatch(/canary/);
  expect(all.filter(text => text.includes('[secret]'))).toHaveLength(all.length);
  expect(JSON.parse(answers[0]?.text ?? '')).toMatchObject({ running: true });
  expect(all[0]).toContain('"message":"wamid.1"');
});
