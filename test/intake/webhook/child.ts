/** A webhook server in a process of its own, so that a test can measure its memory. It prints its port and stores nothing. */
import { systemClock } from '../../../src/clock.ts';
import { createWebhookServer } from '../../../src/intake/webhook/server.ts';

const server = createWebhookServer({
  listen: { host: '127.0.0.1', port: 0 },
  path: '/webhook',
  verifyToken: null,
  numbers: [
    {
      phoneNumberId: '647000000000001',
      secrets: process.argv[2] === undefined ? [] : [process.argv[2]],
      kapsoNow: systemClock.now,
      accept: async () => undefined,
      emit: () => undefined,
    },
  ],
  requireSignature: false,
  maxBodyBytes: 1024 * 1024,
  ready: () => null,
  clock: systemClock,
  emit: () => undefined,
});
const { address } = await server.start();
console.log('port' in address ? address.port : 0);
