import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createApp } from '../src/app.ts';
import type { App } from '../src/app-options.ts';
import { systemClock } from '../src/clock.ts';
import { type AccountConfig, loadConfig } from '../src/config/load.ts';
import { createSecrets } from '../src/observe/scrub.ts';
import type { Status } from '../src/observe/status.ts';
import type { AgentOutcome, AgentTurn } from '../src/simulator/echo-agent.ts';
import { type GatewaySimulator, startGatewaySimulator } from '../src/simulator/gateway.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../src/simulator/kapso.ts';
import { inboundRow } from '../src/simulator/kapso-rows.ts';
import { createDelivery } from '../src/simulator/webhook-delivery.ts';
import { stateFiles } from '../src/state/files.ts';
import { acquireLock, type Lock } from '../src/state/lock.ts';
import { openStore } from '../src/store/open.ts';
import { type Line, recordingLog } from './intake/webhook/harness.ts';
import { kapsoClient } from './simulator/kapso-client.ts';
import { createWatchers } from './watchers.ts';

const secret = 'app-test-secret';

let dir: string;
let kapso: KapsoSimulator;
let gateway: GatewaySimulator;
let lock: Lock;
let app: App;
let create: () => Promise<App>;
let lines: Line[];
let status: Status;
let turns: AgentTurn[];
/** How the agent answers; each turn waits for it. */
let answer: (turn: AgentTurn) => Promise<AgentOutcome>;
/** Told whenever the agent or the status reports something. */
const { until, changed } = createWatchers();

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-app-'));
  lines = [];
  turns = [];
  answer = async () => ({ kind: 'silent' });
  kapso = await startKapsoSimulator();
  gateway = await startGatewaySimulator({
    token: 'gateway-token',
    reply: async turn => {
      turns.push(turn);
      changed();
      return answer(turn);
    },
  });
  const { config, accounts, proxy } = await loadConfig({
    env: {
      KAPSO_API_KEY: kapso.apiKey,
      KAPSO_PHONE_NUMBER_ID: kapso.phoneNumberId,
      KAPSO_BASE_URL: kapso.url,
      OPENCLAW_GATEWAY_URL: gateway.url,
      OPENCLAW_TOKEN: 'gateway-token',
      KAPSO_MODE: 'domain',
      KAPSO_POLL_FALLBACK: 'true',
      KAPSO_WEBHOOK_ADDR: '127.0.0.1:0',
      KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify-me',
      KAPSO_WEBHOOK_SECRET: secret,
      KAPSO_STATE_DIR: dir,
    },
    home: dir,
    need: 'poller',
  });
  lock = acquireLock(dir);
  create = () =>
    createApp({
      config,
      accounts,
      proxy,
      secrets: createSecrets([]),
      proxyTo: () => null,
      clock: systemClock,
      random: Math.random,
      log: recordingLog(lines),
      version: 'test',
      lock,
      onStatus: now => {
        status = now;
        changed();
      },
    });
  app = await create();
});

afterEach(async () => {
  lock.release();
  await gateway.close();
  await kapso.close();
  rmSync(dir, { recursive: true, force: true });
});

function deliver(id: string, phone = '15550104477'): Promise<Response> {
  const customer = { phone, userId: null, username: null, name: 'Ada' };
  const row = inboundRow({ id, customer, text: `text of ${id}`, timestamp: Math.floor(Date.now() / 1000) });
  const event = 'whatsapp.message.received';
  const { body, headers } = createDelivery(
    { form: 'v2', event, rows: [row], phoneNumberId: kapso.phoneNumberId },
    secret,
  );
  return fetch(`http://${status.webhook?.address}/webhook`, { method: 'POST', body, headers });
}

const ran = (id: string) => until(() => turns.some(({ runId }) => runId === id));
const statusFile = () => JSON.parse(readFileSync(join(dir, stateFiles.status), 'utf8')) as Status;

/** Starts the app to the point at which a process of its own would send READY=1 to systemd. */
async function start(): Promise<{ running: Promise<void> }> {
  await app.start();
  const running = app.run();
  await until(() => status.polling?.lastSuccess != null && status.gateway.phase === 'connected');
  return { running };
}

it('takes a message by polling and one by webhook to the agent, and stops with nothing left', async () => {
  const { running } = await start();
  const [polled = ''] = await kapsoClient(kapso).inbound({ text: 'by polling', from: '+15550109988' });
  app.pollNow();
  await ran(polled);
  expect((await deliver('wamid.delivered')).status).toBe(200);
  await ran('wamid.delivered');
  expect(turns.map(({ text }) => text.includes('by polling') || text.includes('text of wamid.delivered'))).toEqual([
    true,
    true,
  ]);
  expect(await app.stop()).toBe(0);
  await running;
  expect(statusFile()).toMatchObject({ gateway: { phase: 'closed' }, lastDeliveredAt: expect.any(Number) });
  const store = await openStore({ dir, clock: systemClock, readOnly: true });
  expect((await store.counts()).byState).toMatchObject({ settled: 2, pending: 0, sending: 0 });
  await store.close();
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
});

it('says that others could change its directory', async () => {
  await app.stop();
  chmodSync(dir, 0o777);
  app = await create();
  await app.stop();
  expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', message: expect.stringContaining(dir) }));
});

it('polled once, says why Kapso could not be asked', async () => {
  const faults = { kind: 'list', status: 401, count: 1 };
  await fetch(`${kapso.url}/__sim/faults`, { method: 'POST', body: JSON.stringify(faults) });
  expect(await app.once()).toBeInstanceOf(Error);
  await app.stop();
  expect(lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'Polling Kapso failed' }));
});

it('polled once, leaves what it received for the next time where the gateway cannot be reached', async () => {
  await gateway.close();
  await kapsoClient(kapso).inbound({ text: 'by polling', from: '+15550109988' });
  expect(await app.once()).toBeNull();
  expect(await app.stop()).toBe(1);
  const message = 'The gateway cannot be reached; what there is waits for the next time';
  expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', message }));
});

it('stops in reverse: takes nothing more, lets the run under way end, and closes the inbox last', async () => {
  const { running } = await start();
  const end = Promise.withResolvers<void>();
  answer = async () => {
    await end.promise;
    return { kind: 'silent' };
  };
  expect((await deliver('wamid.running')).status).toBe(200);
  await ran('wamid.running');
  expect((await deliver('wamid.waiting')).status).toBe(200);
  const address = new URL(`http://${status.webhook?.address}`);
  const stopped = app.stop();
  const [refusal] = (await once(connect(Number(address.port), address.hostname), 'error')) as [NodeJS.ErrnoException];
  expect(refusal.code).toBe('ECONNREFUSED');
  expect(app.activity().busy).toBe(true);
  end.resolve();
  expect(await stopped).toBe(1);
  await running;
  expect(turns.map(({ runId }) => runId)).toEqual(['wamid.running']);
  expect(statusFile().gateway.phase).toBe('closed');
  // The last status counts the waiting messages, which needs an open inbox.
  expect(lines.map(({ message }) => message)).not.toContain('The messages that wait could not be counted');
});

it('what waits follows a changed configuration into the session that its contact has by now', async () => {
  const { running } = await start();
  const { accounts } = app.settings();
  /** Reads a configuration anew in which the only number has other settings. */
  const reconfigure = (change: Partial<AccountConfig>) => {
    const only = app.settings().accounts[0] ?? expect.fail('there is no number');
    const config = { ...only.config, ...change };
    return app.reconfigure({ config, accounts: [{ ...only, config }] });
  };
  const config = accounts[0]?.config ?? expect.fail('there is no number');
  reconfigure({ delivery: { ...config.delivery, parallel: 1 } });
  const end = Promise.withResolvers<void>();
  answer = async () => {
    await end.promise;
    return { kind: 'silent' };
  };
  await deliver('wamid.running');
  await ran('wamid.running');
  await deliver('wamid.waiting', '15550104478');
  const contacts = [{ id: '+15550104478', session: 'kapso:team' }];
  const change = reconfigure({ access: { ...config.access, contacts } });
  expect(change.applied).toEqual(['access.contacts']);
  await deliver('wamid.later', '15550104478');
  end.resolve();
  await ran('wamid.later');
  expect(turns.map(({ runId, session }) => [runId, session])).toEqual([
    ['wamid.running', 'agent:main:kapso:direct:+15550104477'],
    ...['wamid.waiting', 'wamid.later'].map(id => [id, 'agent:main:kapso:team']),
  ]);
  await app.stop();
  await running;
});

it('counts in its status what waits for customers and what they did not get', async () => {
  const store = await openStore({ dir, clock: systemClock });
  const row = { message: 'm', answer: 'm#1', account: 'another', lane: 'another', recipient: '+15550104477' };
  const rest = { via: 'relay', parts: 2, body: '{}', sendBefore: null } as const;
  await store.outbox.add([
    { ...row, ...rest, id: 'm#1/1', part: 1, failure: 'refused' },
    { ...row, ...rest, id: 'm#1/2', part: 2 },
  ]);
  const { running } = await start();
  await until(() => status.outbox?.failed === 1);
  const createdAt = (await store.outbox.get('m#1/2'))?.createdAt;
  expect(status.outbox).toEqual({ waiting: 1, failed: 1, oldestWaiting: createdAt });
  await store.outbox.drop(['m#1/1', 'm#1/2']);
  await store.close();
  app.pollNow();
  await until(() => status.outbox?.failed === 0);
  await app.stop();
  await running;
  expect(statusFile().outbox).toEqual({ waiting: 0, failed: 0, oldestWaiting: null });
});
