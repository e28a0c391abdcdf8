import { once } from 'node:events';
import { expect, it } from 'vitest';
import { manualClock } from '../../manual-clock.ts';
import { refusal } from './fake-gateway.ts';
import { keptLog, never, stateOf } from './gateway-fixture.ts';
import { client, fake, pauseOf } from './started.ts';

it.each([
  ['absurdly small', 10, 1],
  ['negative', -1, -1],
  ['no whole number', 0.5, 0.5],
])('does not let a gateway of %s limits fail a message or end the connection', async (_, maxPayload, tickInterval) => {
  const server = await fake({ maxPayload, tickInterval });
  const clock = manualClock(0);
  const log = keptLog();
  const gateway = client(server.url, { clock, log });
  await gateway.connected(never);
  server.on('agent', call => call.answer({ runId: 'k', status: 'accepted' }));
  await gateway.run({ sessionKey: 's', runKey: 'k', message: 'm'.repeat(60_000), systemPrompt: 'p' }, never);
  clock.advance(9000);
  expect(gateway.state.phase).toBe('connected');
  expect(log.lines.filter(line => /maxPayload|tickInterval/.test(line.message))).toHaveLength(2);
  expect(log.lines.filter(({ message }) => message === 'Connected to the gateway')).toHaveLength(1);
});

it.each([
  ['those that it says', {}, { maxBytes: 18_087_936, maxImageBytes: 6_291_456 }],
  ['less where a frame holds less', { maxPayload: 6 * 1024 * 1024 }, { maxBytes: 3_145_728, maxImageBytes: 3_145_728 }],
  ['none where it says none', { attachments: null }, null],
  ['none where it says half', { attachments: { maxBytes: 5 } }, null],
  [
    'no image by a size below zero',
    { attachments: { maxBytes: -1, maxImageBytes: 5 } },
    { maxBytes: 0, maxImageBytes: 0 },
  ],
])('takes its limits of images: %s', async (_, options, limits) => {
  const server = await fake(options);
  const gateway = client(server.url);
  expect(gateway.imageLimits()).toBe(null);
  await gateway.connected(never);
  expect(gateway.imageLimits()).toEqual(limits);
  await gateway.stop();
  expect(gateway.imageLimits()).toBe(null);
});

it('watches a gateway of absurdly long ticks all the same, and sends it nothing of any size', async () => {
  const server = await fake({ maxPayload: 1e15, tickInterval: 1e15 });
  const clock = manualClock(0);
  const gateway = client(server.url, { clock });
  await gateway.connected(never);
  const huge = { sessionKey: 's', runKey: 'k', message: 'm'.repeat(26 * 1024 * 1024), systemPrompt: 'p' };
  await expect(gateway.run(huge, never)).rejects.toMatchObject({ kind: 'permanent', code: 'GATEWAY_MESSAGE_REFUSED' });
  const lost = stateOf(gateway, state => state.phase === 'connecting');
  clock.advance(600_000);
  expect((await lost).reason).toContain('no sign of life');
});

it.each([
  ['connecting', refusal('UNAVAILABLE', {}, { retryable: true, retryAfterMs: 1e15 }), 300_000],
  ['waiting', refusal('INVALID_REQUEST', 'AUTH_RATE_LIMITED', { retryable: true, retryAfterMs: 1e15 }), 1_201_000],
])('waits only so long, %s, however long it is asked to, and says so', async (_, error, longest) => {
  const server = await fake({
    onConnect: call => {
      call.fail(error);
      call.socket.close(1008);
    },
  });
  const clock = manualClock(0);
  const log = keptLog();
  client(server.url, { clock, log });
  expect(await pauseOf(clock)).toBeLessThanOrEqual(longest);
  const said = log.lines.find(line => line.message.includes('long pause'));
  expect(said).toMatchObject({ level: 'warn', fields: { asked: expect.stringContaining('are kept to') } });
});

it('drops a connection that gives no sign of life for two ticks, and only then', async () => {
  const server = await fake({ tickInterval: 30_000 });
  const clock = manualClock(0);
  const log = keptLog();
  const gateway = client(server.url, { clock, log });
  await gateway.connected(never);
  clock.advance(59_000);
  server.event('tick');
  // The answer behind the tick shows that the tick has been read.
  server.on('chat.history', call => call.answer({ messages: [] }));
  await gateway.recall('agent:main:x', 'k');
  clock.advance(59_000);
  expect(gateway.state.phase).toBe('connected');
  const lost = stateOf(gateway, state => state.phase === 'connecting');
  const closed = Array.from(server.sockets, socket => once(socket, 'close'));
  clock.advance(1000);
  expect((await lost).reason).toContain('no sign of life for 60 s');
  await Promise.all(closed);
  clock.advance(1000);
  await gateway.connected(never);
});
