/** A gateway and its client, each started for one test and closed after it. */
import { onTestFinished } from 'vitest';
import type { OpenClawGateway, OpenClawOptions } from '../../../src/agents/openclaw/openclaw.ts';
import type { ManualClock } from '../../manual-clock.ts';
import { type FakeGateway, type FakeGatewayOptions, startFakeGateway } from './fake-gateway.ts';
import { gatewayFor } from './gateway-fixture.ts';

export async function fake(options?: FakeGatewayOptions): Promise<FakeGateway> {
  const server = await startFakeGateway(options);
  onTestFinished(() => server.close().catch(() => undefined));
  return server;
}

export function client(url: string, options: Partial<OpenClawOptions> = {}): OpenClawGateway {
  const gateway = gatewayFor(url, options);
  onTestFinished(() => gateway.stop());
  gateway.start();
  return gateway;
}

/** Resolves when the client has gone to sleep before its next attempt; with the pause in milliseconds. */
export async function pauseOf(clock: ManualClock): Promise<number> {
  while (clock.pending().length === 0) await new Promise(resolve => setImmediate(resolve));
  return (clock.pending()[0] ?? 0) - clock.now();
}
