import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSessionFor } from '../../../src/agents/openclaw/session.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { admitAll } from '../../../src/domain/admit.ts';
import { openAccount } from '../../../src/intake/open-account.ts';
import { createReceiver } from '../../../src/intake/receiver.ts';
import type { Receiver } from '../../../src/intake/receiver-parts.ts';
import { createWebhookListener, type WebhookListener } from '../../../src/intake/webhook/webhook-listener.ts';
import { createKapsoClient } from '../../../src/kapso/client.ts';
import type { ClosableTransport } from '../../../src/kapso/http/transport.ts';
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';
import type { AppEvent } from '../../../src/observe/events.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../../src/simulator/kapso.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';
import { silentLog } from '../../silent-log.ts';
import { kapsoClient } from '../../simulator/kapso-client.ts';

const at = Date.UTC(2026, 10, 29, 12);
const secret = 'status-test-secret';

let dir: string;
let clock: ManualClock;
let sim: KapsoSimulator;
let kapso: ReturnType<typeof kapsoClient>;
let transport: ClosableTransport;
let store: Store;
let receiver: Receiver;
let listener: WebhookListener | null;
let url: string;
/** Resolves with the next event of a type. */
let next: <Type extends AppEvent['type']>(type: Type) => Promise<Extract<AppEvent, { type: Type }>>;

/** Starts the intake of one mode: everything from the wire to the store. */
async function start(mode: string, more: Record<string, string> = {}): Promise<void> {
  const { apiKey, phoneNumberId } = sim;
  const own = { KAPSO_API_KEY: apiKey, KAPSO_PHONE_NUMBER_ID: phoneNumberId, KAPSO_BASE_URL: sim.url };
  const webhook = {
    KAPSO_WEBHOOK_ADDR: '127.0.0.1:0',
    KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify',
    KAPSO_WEBHOOK_SECRET: secret,
  };
  const env = { ...own, ...webhook, KAPSO_MODE: mode, KAPSO_STATE_DIR: dir, ...more };
  const { accounts } = await loadConfig({ env, home: dir, need: 'poller' });
  const config = accounts[0]?.config ?? expect.fail('there is no number');
  const listeners = new Set<(event: AppEvent) => void>();
  next = type =>
    new Promise(resolve => {
      listeners.add(event => event.type === type && resolve(event as never));
    });
  const emit = (event: AppEvent) => {
    for (const listener of listeners) listener(event);
  };
  store = await openStore({ dir, clock });
  const sessionFor = createSessionFor(config.gateway);
  const parts = { store, sessionFor, admit: admitAll, clock, log: silentLog, emit };
  const firstStart = await openAccount({ ...parts, account: phoneNumberId, stateDir: dir });
  listener = mode === 'polling' ? null : createWebhookListener({ config, clock, random: () => 0.5, emit });
  receiver = createReceiver({
    ...{
      listener,
      secrets: config.webhook.secret,
      ...parts,
      config,
      firstStart,
      settings: () => config.polling,
      tellAgent: () => true,
      random: () => 0.5,
    },
    kapso: createKapsoClient({ ...config.kapso, timeout: 5000, transport, clock, log: silentLog }),
    wake: () => undefined,
    wakeReplies: () => undefined,
    onPublicUrl: () => undefined,
  });
  const changed = next('webhook changed');
  await listener?.start();
  if (mode === 'domain') url = `http://${(await changed).webhook.address}/webhook`;
}

async function stop(): Promise<void> {
  await Promise.all([receiver.stop(0), listener?.stop(0)]);
  await store.close();
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'status-receiver-'));
  clock = manualClock(at);
  sim = await startKapsoSimulator({ clock });
  kapso = kapsoClient(sim);
  transport = createNodeTransport({ keepAlive: true });
});
afterEach(async () => {
  await stop();
  transport.close();
  await sim.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Answers a message, and lets WhatsApp say what became of the answer. Returns WhatsApp's id of it. */
async function answer(message: string, status: string): Promise<string> {
  const id: string = (await kapso.text('+15550104477', 'On it')).body.messages[0].id;
  await sent(message, id);
  await kapso.sim('POST', 'status', { id, status, code: 131047 });
  return id;
}

async function sent(message: string, sentId: string): Promise<void> {
  const account = sim.phoneNumberId;
  await store.accept([{ id: message, account, lane: 'ann', occurredAt: at, body: '{}' }]);
  const row = { id: `${message}#1/1`, message, answer: message, account, lane: 'ann', recipient: '+15550104477' };
  const rest = { via: 'relay', part: 1, parts: 1, body: 'On it', sendBefore: null, sentId } as const;
  await store.settle(message, 'answered', { outgoing: [{ ...row, ...rest }] });
}

const statusOf = async (message: string) => (await store.outbox.get(`${message}#1/1`))?.status;

describe('by webhook', () => {
  it.each(['v2', 'v2-batch', 'v1', 'meta'])('an answer gets its status in the form %s', async form => {
    await start('domain');
    for (const status of ['delivered', 'read', 'failed']) {
      const id = await answer(status, status);
      const event = `whatsapp.message.${status}`;
      const { body } = await kapso.sim('POST', 'deliver', { url, form, event, ids: [id], secret });
      expect(body.status).toBe(200);
      expect(await statusOf(status)).toBe(status);
    }
    expect(await store.outbox.get('failed#1/1')).toMatchObject({ state: 'failed', code: 131047 });
  });

  it('an answer that becomes known after its status gets it with the regular work', async () => {
    await start('domain');
    const id: string = (await kapso.text('+15550104477', 'by the agent')).body.messages[0].id;
    await kapso.sim('POST', 'status', { id, status: 'read' });
    await kapso.sim('POST', 'deliver', { url, event: 'whatsapp.message.read', id, secret });
    await sent('a', id);
    await receiver.tick();
    expect(await statusOf('a')).toBe('read');
  });

  it.each([
    ['with polling beside it', { KAPSO_POLL_FALLBACK: 'true' }],
    ['with a catch-up only', {}],
  ])('what came while it was away is asked of the list until a delivery arrives, %s', async (_, more) => {
    await start('domain', more);
    await answer('a', 'failed');
    await stop();
    await start('domain', more);
    const caughtUp = new Promise<void>(resolve => {
      void receiver.run(resolve);
    });
    await receiver.once();
    await caughtUp;
    const told = next('send failed');
    await receiver.tick();
    expect(await told).toMatchObject({ outgoing: { answers: 'a' } });
    const id = await answer('b', 'delivered');
    await kapso.sim('POST', 'deliver', { url, event: 'whatsapp.message.delivered', id, secret });
    await kapso.sim('POST', 'status', { id, status: 'read' });
    clock.advance(90_000);
    await receiver.tick();
    await receiver.once();
    const { requests } = (await kapso.sim('GET', 'requests?kind=list')).body;
    const outbound = requests.filter(({ query }: { query: { direction: string } }) => query.direction === 'outbound');
    expect(outbound).toHaveLength(1);
  });
});

describe('by polling', () => {
  it('an answer gets its status with the regular work', async () => {
    await start('polling');
    const polled = next('polling changed');
    const ran = receiver.run(() => undefined);
    await polled;
    await receiver.once();
    await answer('a', 'failed');
    const told = next('send failed');
    await receiver.tick();
    expect(await told).toMatchObject({ code: 131047, outgoing: { answers: 'a' } });
    expect(await statusOf('a')).toBe('failed');
    await Promise.all([receiver.stop(0), listener?.stop(0)]);
    await ran;
  });

  it('an answer of an earlier process gets its status with a single poll', async () => {
    await start('polling');
    await receiver.once();
    await answer('a', 'read');
    await stop();
    await start('polling');
    await receiver.once();
    expect(await statusOf('a')).toBe('read');
  });
});
