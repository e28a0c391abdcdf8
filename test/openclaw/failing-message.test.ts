/** One message whose run keeps failing in a real OpenClaw, and the others of its conversation. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AgentGateway } from '../../src/agents/agent.ts';
import { createForwarder } from '../../src/delivery/forward.ts';
import { createLanes, type Lanes } from '../../src/delivery/lanes.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { gatewayFor, keptLog } from '../agents/openclaw/gateway-fixture.ts';
import { plainAnswers } from '../delivery/plain-answers.ts';
import { manualClock } from '../manual-clock.ts';
import { type OpenClaw, startOpenClaw } from './harness.ts';

const never = new AbortController().signal;
const lane = 'agent:main:kapso:direct:+15550142';

let dir: string;
let real: OpenClaw;
let gateway: AgentGateway;
let store: Store;
let lanes: Lanes;
const clock = manualClock(Date.now());
const log = keptLog();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-failing-message-'));
  real = await startOpenClaw();
  gateway = gatewayFor(real.url, { token: real.token, log });
  gateway.start();
  await gateway.connected(never);
  store = await openStore({ dir, clock });
  const forward = createForwarder({
    ...plainAnswers,
    store,
    gateway,
    clock,
    log,
    emit: () => undefined,
    onRecovered: () => lanes.wakeAll(),
    giveUp: () => ({ attempts: 8, after: 24 * 3_600_000, beforeNext: 2 }),
    signal: never,
  });
  lanes = createLanes({
    settings: () => ({ parallel: 4 }),
    turn: forward,
    clock,
    onError: (_, error) => {
      throw error;
    },
  });
});
afterAll(async () => {
  await lanes?.stop();
  await gateway?.stop();
  await store?.close();
  await real?.close();
  rmSync(dir, { recursive: true, force: true });
});

it('holds up its conversation only for a few attempts; the agent has read it', async () => {
  const texts = ['poisoned [[http 400]]', 'second [[say two]]', 'third [[say three]]'];
  const message = (text: string, at: number): InboundMessage => ({
    id: `wamid.${at}`,
    account: '106540352242922',
    sender: { phone: '15550142', userId: null, name: 'Bob', username: null },
    conversationId: null,
    timestamp: clock.now(),
    type: 'text',
    text,
    media: null,
  });
  const entries = texts.map((text, at) => {
    const body = JSON.stringify(message(text, at));
    return { id: `wamid.${at}`, account: '106540352242922', lane, occurredAt: clock.now() + at, body };
  });
  lanes.wake((await store.accept(entries)).lanes);
  await lanes.quiet();
  for (let pauses = 0; pauses < 20 && lanes.size() > 0; pauses += 1) {
    clock.advance(Math.max(0, (clock.pending()[0] ?? clock.now()) - clock.now()));
    await lanes.quiet();
  }
  const found = await Promise.all(entries.map(({ id }) => store.get(id)));
  expect(found.map(one => one?.state)).toEqual(['failed', 'settled', 'settled']);
  expect(found[0]).toMatchObject({ attempts: 2, reason: expect.stringContaining('next message') });
  const asked = real.model.requests.map(request => request.text);
  expect(asked.filter(text => text.includes('third'))).toHaveLength(1);
  const history = await real.request<{ messages: { role: string; content: unknown }[] }>('chat.history', {
    sessionKey: lane,
  });
  const said = history.messages.filter(({ role }) => role === 'user').map(({ content }) => JSON.stringify(content));
  expect(said.some(text => text.includes('poisoned'))).toBe(true);
});
