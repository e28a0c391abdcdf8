/** Forwarding to a gateway that is faulty or unexpected: real store, real sockets, faults in the simulated gateway. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AgentGateway } from '../../src/agents/agent.ts';
import { createForwarder } from '../../src/delivery/forward.ts';
import type { Turn } from '../../src/delivery/lanes.ts';
import type { Obstacle } from '../../src/delivery/obstacle.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { createEventLog } from '../../src/observe/event-log.ts';
import { createEvents } from '../../src/observe/events.ts';
import { type GatewaySimulator, startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { openStore } from '../../src/store/open.ts';
import type { Entry, Store } from '../../src/store/store.ts';
import { gatewayFor, keptLog, never, secret } from '../agents/openclaw/gateway-fixture.ts';
import { manualClock } from '../manual-clock.ts';
import { plainAnswers } from './plain-answers.ts';

const hour = 3_600_000;
const laneOf = (customer: string) => `agent:main:kapso:direct:+1555123${customer}`;

let dir: string;
let store: Store;
let server: GatewaySimulator;
let gateway: AgentGateway;
let forward: (lane: string) => Promise<Turn>;
let clock: ReturnType<typeof manualClock>;
let log: ReturnType<typeof keptLog>;
let obstacles: (Obstacle | null)[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-faulty-gateway-'));
  clock = manualClock(Date.UTC(2026, 10, 28));
  store = await openStore({ dir, clock });
  server = await startGatewaySimulator({ token: secret });
  log = keptLog();
  obstacles = [];
});
afterEach(async () => {
  await gateway?.stop();
  await server.close();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const faults = async (...list: object[]) => {
  const body = JSON.stringify(list);
  const answer = await fetch(`${server.controlUrl}/__sim/faults`, { method: 'POST', body });
  expect(answer.status).toBe(200);
};
const noFaults = () => fetch(`${server.controlUrl}/__sim/faults`, { method: 'DELETE' });

async function begin(): Promise<void> {
  gateway = gatewayFor(server.url, { stateDir: dir, log });
  gateway.start();
  await gateway.connected(never);
  forward = createForwarder({
    ...plainAnswers,
    store,
    gateway,
    clock,
    log,
    emit: createEvents([
      createEventLog(log, clock),
      event => {
        if (event.type === 'obstacle changed') obstacles.push(event.obstacle);
      },
    ]),
    signal: never,
  });
}

async function receive(id: string, customer = '4567'): Promise<void> {
  const message: InboundMessage = {
    id,
    account: '106540352242922',
    sender: { phone: `1555123${customer}`, userId: null, name: 'Bob', username: null },
    conversationId: null,
    timestamp: clock.now(),
    type: 'text',
    text: 'hello',
    media: null,
  };
  await store.accept([
    { id, account: '106540352242922', lane: laneOf(customer), occurredAt: clock.now(), body: JSON.stringify(message) },
  ]);
}

const entry = async (id: string): Promise<Entry> => {
  const found = await store.get(id);
  if (!found) throw new Error(`${id} is not in the store`);
  return found;
};

/** Takes at most so many turns of a lane and goes through its pauses. Returns the pauses. */
async function work(lane: string, turns: number): Promise<number[]> {
  const pauses: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const next = await forward(lane);
    if (next === 'empty') break;
    if (next === 'more') continue;
    pauses.push(next.until - clock.now());
    clock.advance(next.until - clock.now());
    await gateway.connected(never);
  }
  return pauses;
}

it('lets the messages wait, and says why, while the agent is not there, and delivers each once when it is', async () => {
  await begin();
  await receive('wamid.A', '0001');
  await receive('wamid.B', '0002');
  const gone = { code: 'INVALID_REQUEST', message: 'Agent "main" no longer exists in configuration' };
  await faults({ method: 'agent', count: 10_000, error: gone });
  const pauses = await work(laneOf('0001'), 20);
  clock.advance(25 * hour);
  await work(laneOf('0001'), 20);
  await work(laneOf('0002'), 20);
  expect(pauses.slice(0, 6)).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  for (const id of ['wamid.A', 'wamid.B']) {
    expect(await entry(id)).toMatchObject({
      state: 'sending',
      attempts: 0,
      reason: expect.stringContaining('no longer exists'),
    });
  }
  expect(obstacles).toEqual([
    { reason: expect.stringContaining('Agent "main"'), hint: expect.stringContaining('gateway.agent') },
  ]);
  expect(log.lines.filter(line => line.message.includes('takes no message'))).toHaveLength(1);

  await noFaults();
  await work(laneOf('0001'), 10);
  await work(laneOf('0002'), 10);
  for (const id of ['wamid.A', 'wamid.B']) expect(await entry(id)).toMatchObject({ state: 'settled' });
  expect(server.runs().map(run => run.key)).toEqual(['wamid.A', 'wamid.B']);
  expect(obstacles.at(-1)).toBeNull();
  expect(log.lines.filter(line => line.message.includes('takes messages again'))).toHaveLength(1);
});

it('delivers to a gateway that says it takes ten bytes', async () => {
  await faults({ method: 'connect', do: 'reshape', payload: { policy: { maxPayload: 10, tickIntervalMs: 30_000 } } });
  await begin();
  await receive('wamid.A');
  await work(laneOf('4567'), 5);
  expect(await entry('wamid.A')).toMatchObject({ state: 'settled', outcome: 'answered' });
});

it('takes the end of another run for none of its own, and settles by the record', async () => {
  await begin();
  await receive('wamid.A');
  await faults({ method: 'agent.wait', count: 3, do: 'reshape', payload: { runId: 'somebody-elses' } });
  await work(laneOf('4567'), 10);
  expect(await entry('wamid.A')).toMatchObject({ state: 'settled', outcome: 'answered' });
  expect(server.runs().map(run => run.key)).toEqual(['wamid.A']);
});

it.each([
  ['is no record', { messages: 'none' }, 5],
  ['has no end', { messages: [], hasMore: true, nextOffset: 0 }, 10],
  ['is of another conversation', { messages: [], sessionKey: 'agent:main:kapso:direct:+1999' }, 5],
])('looks again, ever more rarely, where the record %s, and starts no second run', async (_, payload, count) => {
  await begin();
  await receive('wamid.A');
  await faults(
    { method: 'agent.wait', count: 1, do: 'drop-after' },
    { method: 'chat.history', count, do: 'reshape', payload },
  );
  const pauses = (await work(laneOf('4567'), 7)).filter(pause => pause >= 20_000);
  expect(pauses).toEqual([30_000, 60_000, 120_000, 240_000, 480_000]);
  expect(await entry('wamid.A')).toMatchObject({ state: 'sending', attempts: 5, reason: expect.any(String) });
  await work(laneOf('4567'), 5);
  expect(await entry('wamid.A')).toMatchObject({ state: 'settled', outcome: 'answered' });
  expect(server.runs()).toHaveLength(1);
});

it('does not give a message up because the record of its deleted session is refused', async () => {
  await begin();
  await receive('wamid.A');
  const details = { code: 'MISSING_SCOPE', missingScope: 'operator.admin' };
  await faults(
    { method: 'agent.wait', count: 1, do: 'drop-after' },
    {
      method: 'chat.history',
      count: 3,
      error: { code: 'FORBIDDEN', message: 'missing scope: operator.admin', details },
    },
  );
  await work(laneOf('4567'), 4);
  expect(await entry('wamid.A')).toMatchObject({ state: 'sending', reason: expect.stringContaining('operator.admin') });
  await work(laneOf('4567'), 5);
  expect(await entry('wamid.A')).toMatchObject({ state: 'settled' });
  expect(server.runs()).toHaveLength(1);
});
