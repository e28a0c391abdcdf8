import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Agent } from '../../src/simulator/echo-agent.ts';
import { startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { type GatewayUnderTest, gatewayConformance } from './conformance.ts';
import { gatewayFor, secret } from './openclaw/gateway-fixture.ts';

/** Does what the text says: `MARKER VERB ARGUMENT`. */
const scripted =
  (begun: (marker: string) => void): Agent =>
  async turn => {
    const [, marker = '', verb = '', argument = ''] =
      /^From: Bob \(\+1555\)\n\n(\S+) (\S+) ?(.*)$/s.exec(turn.text) ?? [];
    begun(marker);
    if (verb === 'slow') {
      const [ms = '0', ...reply] = argument.split(' ');
      await pause(Number(ms), undefined, { signal: turn.signal });
      return { kind: 'visible', text: reply.join(' ') };
    }
    if (verb === 'silent') return { kind: 'silent' };
    if (verb === 'use') {
      await turn.tool({ command: 'echo hi', output: 'hi', exitCode: 0 });
      await turn.tool({ command: 'exit 64', output: '', exitCode: 64 });
      return { kind: 'visible', text: argument };
    }
    if (verb === 'tool') await turn.tool({ command: 'true', output: '', exitCode: 0 });
    if (verb === 'say') return { kind: 'visible', text: argument };
    return { kind: 'error', reason: 'LLM request failed' };
  };

async function simulator(): Promise<GatewayUnderTest> {
  const stateDir = await mkdtemp(join(tmpdir(), 'gateway-simulator-'));
  const counts = new Map<string, number>();
  const watchers = new Map<string, () => void>();
  const reply = scripted(marker => {
    counts.set(marker, (counts.get(marker) ?? 0) + 1);
    watchers.get(marker)?.();
  });
  const start = (port: number) => startGatewaySimulator({ token: secret, stateDir, reply, port });
  let current = await start(0);
  const { port, url } = current;
  let sessions = 0;
  const text = (rest: string) => `From: Bob (+1555)\n\n${rest}`;
  return {
    client: clock => gatewayFor(url, { clock }),
    session: () => `agent:main:kapso:direct:+1555000${++sessions}`,
    script: {
      say: (marker, said) => text(`${marker} say ${said}`),
      slow: (marker, ms, said) => text(`${marker} slow ${ms} ${said}`),
      silent: marker => text(`${marker} silent`),
      use: (marker, said) => text(`${marker} use ${said}`),
      failBeforeTool: marker => text(`${marker} fail`),
      failAfterTool: marker => text(`${marker} tool`),
    },
    runs: marker => counts.get(marker) ?? 0,
    begun: marker =>
      counts.has(marker) ? Promise.resolve() : new Promise(resolve => watchers.set(marker, () => resolve())),
    async restart() {
      await current.drain();
      current = await start(port);
    },
    async crash() {
      await current.crash();
      current = await start(port);
    },
    async close() {
      await current.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

gatewayConformance('the client against the simulated gateway', simulator);
