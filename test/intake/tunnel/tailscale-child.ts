/** A process with a funnel, for a test to kill. It prints every phase and ends on SIGTERM as the poller does. */
import { systemClock } from '../../../src/clock.ts';
import { createFunnel } from '../../../src/intake/tunnel/tailscale.ts';

const funnel = createFunnel({
  command: process.argv[2] ?? 'tailscale',
  port: 443,
  target: '18790',
  path: '/webhook',
  clock: systemClock,
  random: Math.random,
  emit: () => undefined,
  onState: ({ phase }) => console.log(phase),
});
process.once('SIGTERM', () => void funnel.close());
funnel.start();
