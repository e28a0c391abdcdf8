import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { probeHeader, probeMark } from '../../../src/intake/webhook/probe.ts';
import { signBody } from '../../../src/intake/webhook/signature.ts';
import { bodyOf, secret, startWebhookServer } from './harness.ts';

/** Delivers with these headers besides. Returns the status, and the level and words of what the log says of it. */
async function deliver(headers: Record<string, string>) {
  const { server, port, accepted, lines } = await startWebhookServer();
  try {
    const response = await fetch(`http://127.0.0.1:${port}/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: bodyOf('wamid.1'),
    });
    await response.text();
    const said = lines
      .filter(({ message }) => /refused/.test(message))
      .map(({ level, message }) => `${level} ${message}`);
    return { status: response.status, accepted: accepted.length, said };
  } finally {
    await server.close(0);
  }
}

const unsigned = [expect.stringMatching(/^warn A webhook delivery was refused: the signature is missing/)];

test("doctor's own unsigned delivery is refused without a warning", async () => {
  expect(await deliver({ [probeHeader]: probeMark(secret, systemClock.now()) })).toEqual({
    ...{ status: 401, accepted: 0 },
    said: [expect.stringMatching(/^debug kapso-whatsapp-cli doctor has tried a delivery without a signature/)],
  });
});

test.each([
  ['of another secret', () => probeMark('another-secret', systemClock.now())],
  ['of some time ago', () => probeMark(secret, systemClock.now() - 61_000)],
  ['of a later time', () => probeMark(secret, systemClock.now() + 120_000)],
  ['with another time', () => probeMark(secret, 1).replace('1 ', `${systemClock.now()} `)],
  ['that is a signature of a body', () => `${systemClock.now()} ${signBody(secret, bodyOf('wamid.1'))}`],
  ['without a signature', () => 'doctor'],
])('a mark %s silences nothing', async (_, mark) => {
  expect(await deliver({ [probeHeader]: mark() })).toEqual({ status: 401, accepted: 0, said: unsigned });
});

test('a mark is no signature of a delivery', async () => {
  const [, signature = ''] = probeMark(secret, systemClock.now()).split(' ');
  const { status, accepted } = await deliver({ 'x-webhook-signature': signature });
  expect({ status, accepted }).toEqual({ status: 401, accepted: 0 });
});
