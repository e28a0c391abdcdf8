import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { manualClock } from '../../manual-clock.ts';
import { bodyOf, signature, startWebhookServer } from './harness.ts';

const body = bodyOf('wamid.LATE');
const request = [
  'POST /webhook HTTP/1.1',
  'host: 127.0.0.1',
  'content-type: application/json',
  `x-webhook-signature: ${signature(body)}`,
  `content-length: ${body.length}`,
  '',
  body,
].join('\r\n');

/** A connection that the server has taken. */
async function opened(port: number, count: () => number) {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  while (count() === 0) await new Promise(resolve => setImmediate(resolve));
  return socket;
}

it('a connection that was opened in the moment of closing may still deliver', async () => {
  // Its half second does not pass, however slow this machine is.
  const { server, port, accepted } = await startWebhookServer({
    clock: { ...systemClock, after: manualClock(0).after },
  });
  const socket = await opened(port, () => server.stats().connections);
  const closed = server.close(60_000);
  socket.write(request);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
  await closed;
  expect(accepted).toHaveLength(1);
});

it('one that stays silent is closed after half a second, long before the limit', async () => {
  const clock = manualClock(0);
  const { server, port } = await startWebhookServer({ clock: { ...systemClock, after: clock.after } });
  const socket = await opened(port, () => server.stats().connections);
  const closed = server.close(60_000);
  clock.advance(499);
  expect(server.stats().connections).toBe(1);
  clock.advance(1);
  await Promise.all([
    closed,
    once(
      socket.on('error', () => undefined),
      'close',
    ),
  ]);
});
