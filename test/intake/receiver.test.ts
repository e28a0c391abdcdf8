import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSessionFor } from '../../src/agents/openclaw/session.ts';
import { type AccountConfig, loadConfig } from '../../src/config/load.ts';
import { createForwarder } from '../../src/delivery/forward.ts';
import { createWorker, type Worker } from '../../src/delivery/worker.ts';
import { admitAll } from '../../src/domain/admit.ts';
import { openAccount } from '../../src/intake/open-account.ts';
import { createReceiver } from '../../src/intake/receiver.ts';
import type { Receiver } from '../../src/intake/receiver-parts.ts';
import { createKapsoClient } from '../../src/kapso/client.ts';
import type { ClosableTransport } from '../../src/kapso/http/transport.ts';
import { createNodeTransport } from '../../src/kapso/http/transport-node.ts';
import { createEventLog } from '../../src/observe/event-log.ts';
import { createEvents } from '../../src/observe/events.ts';
import type { Status } from '../../src/observe/status.ts';
import { statusChange } from '../../src/observe/status-events.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { inboundRow } from '../../src/simulator/kapso-rows.ts';
import { createDelivery } from '../../src/simulator/webhook-delivery.ts';
import { databasePath, openDatabase } from '../../src/store/sqlite/database.ts';
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { plainAnswers } from '../delivery/plain-answers.ts';
import { type ScriptedGateway, scriptedGateway } from '../delivery/scripted-gateway.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';
import { kapsoClient } from '../simulator/kapso-client.ts';
import { type Line, recordingLog } from './webhook/harness.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const start = Date.UTC(2026, 10, 22, 12, 0, 0);
const secret = 'receive-test-secret';

/** One process of the program: everything from the socket to the agent, except the gateway's wire. */
interface Life {
  receiver: Receiver;
  store: Store;
  db: DatabaseSync;
  worker: Worker;
  url: string;
  status: Partial<Status>;
  /** What the receiver logs. */
  lines: Line[];
  /** What `run` resolves or rejects with. */
  ran: Promise<void>;
}

let dir: string;
let clock: ManualClock;
let sim: KapsoSimulator;
let kapso: ReturnType<typeof kapsoClient>;
let transport: ClosableTransport;
let gateway: ScriptedGateway;
let lives: Life[];
let watchers: Set<() => void>;

/** Resolves when the condition holds. It is checked whenever the program reports something. */
const until = (condition: () => boolean): Promise<void> =>
  new Promise(resolve => {
    const look = () => {
      if (!condition()) return;
      watchers.delete(look);
      resolve();
    };
    watchers.add(look);
    look();
  });
const changed = () => {
  for (const look of watchers) look();
};

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'receive-'));
  clock = manualClock(start);
  sim = await startKapsoSimulator({ clock });
  kapso = kapsoClient(sim);
  transport = createNodeTransport({ keepAlive: true });
  gateway = scriptedGateway();
  lives = [];
  watchers = new Set();
});
afterEach(async () => {
  for (const life of lives) await end(life);
  transport.close();
  await sim.close();
  rmSync(dir, { recursive: true, force: true });
});

async function configOf(env: Record<string, string>): Promise<AccountConfig> {
  const account = { KAPSO_API_KEY: sim.apiKey, KAPSO_PHONE_NUMBER_ID: sim.phoneNumberId, KAPSO_BASE_URL: sim.url };
  const webhook = { KAPSO_WEBHOOK_ADDR: '127.0.0.1:0', KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify-me' };
  const { config } = await loadConfig({
    env: { ...account, ...webhook, KAPSO_WEBHOOK_SECRET: secret, KAPSO_MODE: 'domain', KAPSO_STATE_DIR: dir, ...env },
    home: dir,
    need: 'poller',
  });
  return config;
}

/** Starts the program; `random` 1 waits as long as the jitter allows. */
async function begin(env: Record<string, string> = {}): Promise<Life> {
  const config = await configOf(env);
  const db = openDatabase({ dir });
  const store = createSqliteStore({ db, path: databasePath(dir), clock });
  const sessionFor = createSessionFor(config.gateway);
  const status: Partial<Status> = {};
  const lines: Line[] = [];
  const emit = createEvents([
    createEventLog(recordingLog(lines), clock),
    event => {
      Object.assign(status, statusChange(event, clock.now()));
      changed();
    },
  ]);
  const firstStart = await openAccount({
    account: config.kapso.phoneNumberId,
    stateDir: dir,
    store,
    sessionFor,
    clock,
    log: silentLog,
    emit,
  });
  const interruption = new AbortController();
  const forward = createForwarder({
    ...plainAnswers,
    store,
    gateway,
    clock,
    random: () => 0.5,
    log: silentLog,
    kapsoNow: () => null,
    contextOnly: () => new Set(),
    giveUp: () => ({ attempts: 8, after: 24 * hour, beforeNext: 3 }),
    scrub: text => text.replaceAll('s3cret', '[secret]'),
    signal: interruption.signal,
    onTaken: changed,
    emit,
  });
  const worker = createWorker({
    queue: store,
    turn: forward,
    interruption,
    canEnd: () => true,
    settings: () => config.delivery,
    clock,
    onError: (_, error) => expect.fail(String(error)),
  });
  const receiver = createReceiver({
    settings: () => config.polling,
    config,
    kapso: createKapsoClient({ ...config.kapso, timeout: 5000, transport, clock, log: silentLog }),
    store,
    sessionFor,
    admit: admitAll,
    firstStart,
    clock,
    random: () => 1,
    log: recordingLog(lines),
    tellAgent: () => true,
    wake: worker.wake,
    wakeReplies: () => undefined,
    emit,
    onPublicUrl: () => undefined,
  });
  await receiver.start();
  const ran = receiver.run(worker.start);
  const life = { receiver, store, db, worker, status, lines, ran, url: `http://${status.webhook?.address}` };
  lives.push(life);
  return life;
}

async function end(life: Life): Promise<void> {
  lives = lives.filter(other => other !== life);
  await life.receiver.stop(0);
  await life.ran;
  await life.worker.stop(0);
  await life.store.close();
}

interface Text {
  id: string;
  at?: number;
  phone?: string;
}

function deliver(life: Life, { id, at = clock.now(), phone = '15551234567' }: Text): Promise<number> {
  const customer = { phone, userId: null, username: null, name: 'Ada' };
  const row = inboundRow({ id, customer, text: `text of ${id}`, timestamp: Math.floor(at / second) });
  const event = 'whatsapp.message.received';
  const { body, headers } = createDelivery(
    { form: 'v2', event, rows: [row], phoneNumberId: sim.phoneNumberId },
    secret,
  );
  return fetch(`${life.url}/webhook`, { method: 'POST', body, headers }).then(({ status }) => status);
}

/** Has Kapso list the message from now on; its list goes by Kapso's time of creation. */
const list = ({ id, at = clock.now(), phone = '15551234567' }: Text) =>
  kapso.inbound({ id, from: `+${phone}`, text: `text of ${id}`, timestamp: Math.floor(at / second) });

const lists = async (): Promise<number> => (await kapso.sim('GET', 'requests?kind=list')).body.requests.length;
const runs = () => gateway.runs.map(({ runKey }) => runKey);
const ran = (...ids: string[]) => until(() => ids.every(id => runs().includes(id)));
/** Resolves when the present pass, or the one that this begins, is complete, and the next one is waited for. */
async function poll(life: Life): Promise<void> {
  await until(() => typeof life.status.polling?.nextAt === 'number');
  life.receiver.pollNow();
  await until(() => life.status.polling?.nextAt === null);
  await until(() => typeof life.status.polling?.nextAt === 'number');
}

describe('a message that arrives both ways', () => {
  const distances = [
    ['0 s', 0],
    ['11 min', 11 * minute],
    ['25 h', 25 * hour],
    ['7 d', 7 * 24 * hour],
  ] as const;
  const orders = [
    ['webhook', 'polling'],
    ['polling', 'webhook'],
  ] as const;
  const cases = distances.flatMap(([name, ms]) =>
    orders.flatMap(([first, then]) => [true, false].map(restart => ({ name, ms, first, then, restart }))),
  );

  it.each(cases)('runs once: $first, $name, then $then (restart: $restart)', async ({ ms, first, then, restart }) => {
    let life = await begin({ KAPSO_POLL_FALLBACK: 'true' });
    const arrive = async (way: 'webhook' | 'polling', id: string) => {
      if (way === 'webhook') return expect(await deliver(life, { id, at: start })).toBe(200);
      await list({ id, at: start });
      await poll(life);
    };
    await arrive(first, 'wamid.BOTH');
    await ran('wamid.BOTH');
    if (restart) await end(life);
    clock.advance(ms);
    if (restart) life = await begin({ KAPSO_POLL_FALLBACK: 'true' });
    await arrive(then, 'wamid.BOTH');
    // In the same conversation and by the same source: the earlier messages of the lane have been looked at.
    await arrive(then, 'wamid.AFTER');
    await ran('wamid.AFTER');
    expect(runs()).toEqual(['wamid.BOTH', 'wamid.AFTER']);
  });

  it('at the very same time, in a crowd: one run each', async () => {
    const life = await begin({ KAPSO_POLL_FALLBACK: 'true' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    const ids = Array.from({ length: 150 }, (_, n) => `wamid.CROWD${n}`);
    const messages = ids.map((id, n) => ({ id, phone: `1555000${1000 + (n % 7)}` }));
    for (const message of messages) await list(message);
    const polled = poll(life);
    expect(new Set(await Promise.all(messages.map(message => deliver(life, message))))).toEqual(new Set([200]));
    await polled;
    await ran(...ids);
    expect(runs().sort()).toEqual([...ids].sort());
  });
});

describe('being overdue', () => {
  it.each([
    ['has slept', 3 * hour],
    ['has had its clock set back', -3 * hour],
  ])('is not said of polling on a machine that %s', async (_, shift) => {
    const life = await begin({ KAPSO_MODE: 'polling', KAPSO_POLL_INTERVAL: '300' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    clock.advance(minute);
    clock.set(shift);
    expect(life.receiver.stuck()).toBeNull();
  });
});

describe('webhooks alone', () => {
  /** A process that has learnt Kapso's time. */
  const liveOnce = async (): Promise<void> => {
    const life = await begin();
    await life.ran;
    await end(life);
    await kapso.sim('DELETE', 'requests');
  };
  const cursorOf = async (): Promise<number | null> => {
    const db = openDatabase({ dir });
    const store = createSqliteStore({ db, path: databasePath(dir), clock });
    const cursor = await store.cursor(sim.phoneNumberId);
    await store.close();
    return cursor;
  };

  it('deliver nothing from before the first start, and note the start for the next', async () => {
    await list({ id: 'wamid.PAST' });
    clock.advance(hour);
    let life = await begin();
    await life.ran;
    expect(await life.store.cursor(sim.phoneNumberId)).toBe(start + hour);
    await end(life);
    clock.advance(hour);
    await list({ id: 'wamid.MISSED' });
    clock.advance(hour);
    life = await begin();
    await ran('wamid.MISSED');
    expect(runs()).toEqual(['wamid.MISSED']);
  });

  it('note the start by the time of Kapso, so that a clock set right later brings no history', async () => {
    await list({ id: 'wamid.HISTORY', at: start });
    const month = 30 * 24 * hour;
    clock.advance(month);
    await kapso.sim('POST', 'config', { clockOffset: month });
    await liveOnce();
    expect(await cursorOf()).toBe(start + 2 * month);
    clock.advance(month);
    await kapso.sim('POST', 'config', { clockOffset: 0 });
    await list({ id: 'wamid.MISSED' });
    clock.advance(hour);
    await (await begin()).ran;
    await ran('wamid.MISSED');
    expect(runs()).toEqual(['wamid.MISSED']);
  });

  it('fetch after days what came since the first start, as its time was confirmed', async () => {
    await liveOnce();
    clock.advance(hour);
    await list({ id: 'wamid.MISSED' });
    clock.advance(72 * hour);
    await begin();
    await ran('wamid.MISSED');
  });

  it('keep neither the order nor the position by a clock that is wrong', async () => {
    const life = await begin();
    await life.ran;
    clock.set(-30 * 24 * hour);
    const truly = (at: number) => at + 30 * 24 * hour;
    await deliver(life, { id: 'wamid.LATER', at: truly(clock.now() + minute) });
    await deliver(life, { id: 'wamid.EARLIER', at: truly(clock.now()) });
    expect((await life.store.get('wamid.LATER'))?.occurredAt).toBe(truly(clock.now() + minute));
    expect((await life.store.get('wamid.EARLIER'))?.occurredAt).toBe(truly(clock.now()));
    clock.set(60 * 24 * hour);
    clock.advance(9 * hour);
    await deliver(life, { id: 'wamid.AHEAD' });
    await life.receiver.tick();
    await life.receiver.tick();
    expect(await life.store.cursor(sim.phoneNumberId)).toBe(start + 8 * hour);
  });

  it('say nothing of polling when they have caught up', async () => {
    const life = await begin();
    await life.ran;
    expect(life.status.polling).toBeNull();
    await kapso.sim('POST', 'faults', { kind: 'list', status: 503, body: {} });
    life.receiver.catchUp();
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(life.status.polling?.lastError).toContain('503');
    clock.advance(5 * minute);
    await until(() => life.status.polling === null);
  });

  it('go on from where an earlier program left off', async () => {
    await list({ id: 'wamid.MISSED', at: start });
    clock.advance(hour);
    writeFileSync(join(dir, 'last-poll'), `${new Date(start - minute).toISOString()}\n`);
    await begin();
    await ran('wamid.MISSED');
  });

  it('catch up after an outage before anything else is delivered, so that the order is kept', async () => {
    await liveOnce();
    clock.advance(hour);
    await list({ id: 'wamid.1' });
    clock.advance(minute);
    await list({ id: 'wamid.2' });
    clock.advance(minute);
    await kapso.sim('POST', 'faults', { kind: 'list', delay: 3000, do: 'pass' });
    const life = await begin();
    await expect.poll(() => clock.pending()).toContain(clock.now() + 3000);
    expect(await deliver(life, { id: 'wamid.3' })).toBe(200);
    expect(runs()).toEqual([]);
    clock.advance(3000);
    await ran('wamid.1', 'wamid.2', 'wamid.3');
    expect(runs()).toEqual(['wamid.1', 'wamid.2', 'wamid.3']);
    expect(await lists()).toBe(1);
  });

  it('do not wait for a Kapso that cannot be asked, and catch up when it can', async () => {
    await liveOnce();
    clock.advance(hour);
    await list({ id: 'wamid.MISSED' });
    await kapso.sim('POST', 'faults', { kind: 'list', status: 503, body: {} });
    const life = await begin();
    expect(await deliver(life, { id: 'wamid.NEW' })).toBe(200);
    await ran('wamid.NEW');
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(life.status.polling?.lastError).toContain('503');
    clock.advance(5 * minute);
    await ran('wamid.MISSED');
    await life.ran;
  });

  it('do not ask Kapso at all where polling.catchUp is false', async () => {
    await liveOnce();
    clock.advance(hour);
    await list({ id: 'wamid.MISSED' });
    const life = await begin({ KAPSO_POLL_CATCH_UP: 'false' });
    await life.ran;
    expect(await deliver(life, { id: 'wamid.NEW' })).toBe(200);
    await ran('wamid.NEW');
    expect(runs()).toEqual(['wamid.NEW']);
    expect(await lists()).toBe(0);
  });

  it('fetch what is missing when they are told that the way in was closed', async () => {
    const life = await begin();
    await life.ran;
    clock.advance(hour);
    await list({ id: 'wamid.MISSED' });
    life.receiver.catchUp();
    await ran('wamid.MISSED');
    await list({ id: 'wamid.MISSED2' });
    life.receiver.pollNow();
    await ran('wamid.MISSED2');
  });

  it('keep the start of the next catch-up an hour behind the last delivery, not behind the present', async () => {
    const life = await begin();
    await life.ran;
    clock.advance(9 * hour);
    expect(await deliver(life, { id: 'wamid.LAST' })).toBe(200);
    const lastDelivery = clock.now();
    clock.advance(30 * second);
    await life.receiver.tick();
    await life.receiver.tick();
    expect(await life.store.cursor(sim.phoneNumberId)).toBe(lastDelivery - hour);
    // The proxy in front of it is down. Nothing reports that, but nothing is skipped either.
    clock.advance(48 * hour);
    await life.receiver.tick();
    expect(await life.store.cursor(sim.phoneNumberId)).toBe(lastDelivery - hour);
    await ran('wamid.LAST');
    await end(life);
    await list({ id: 'wamid.LAST', at: lastDelivery });
    await list({ id: 'wamid.KEPTAWAY' });
    await begin();
    await ran('wamid.KEPTAWAY');
    expect(runs()).toEqual(['wamid.LAST', 'wamid.KEPTAWAY']);
  });
});

describe('the fallback', () => {
  const intervals = async (life: Life, passes: number): Promise<number[]> => {
    const found: number[] = [];
    for (let n = 0; n < passes; n += 1) {
      await until(() => typeof life.status.polling?.nextAt === 'number');
      const wait = Number(life.status.polling?.nextAt) - clock.now();
      found.push(life.status.polling?.interval ?? 0);
      expect(wait).toBeLessThanOrEqual(5 * minute);
      clock.advance(wait);
      await until(() => life.status.polling?.nextAt === null);
    }
    await until(() => typeof life.status.polling?.nextAt === 'number');
    return found;
  };

  it('slows down to five minutes at most while webhooks come, and returns when they missed a message', async () => {
    const life = await begin({ KAPSO_POLL_FALLBACK: 'true', KAPSO_POLL_INTERVAL: '30' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(await intervals(life, 3)).toEqual([30, 30, 30]);
    expect(await deliver(life, { id: 'wamid.PROOF' })).toBe(200);
    await list({ id: 'wamid.PROOF' });
    expect(await intervals(life, 6)).toEqual([30, 60, 120, 240, 270, 270]);

    await list({ id: 'wamid.MISSED' });
    expect(await intervals(life, 2)).toEqual([270, 30]);
    await ran('wamid.MISSED');
  });

  it('does not slow down while deliveries cannot be stored', async () => {
    const life = await begin({ KAPSO_POLL_FALLBACK: 'true' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(await deliver(life, { id: 'wamid.PROOF' })).toBe(200);
    expect(await intervals(life, 2)).toEqual([30, 60]);
    life.db.exec('PRAGMA query_only = ON');
    await life.receiver.tick();
    life.db.exec('PRAGMA query_only = OFF');
    expect(await intervals(life, 2)).toEqual([120, 30]);
  });
});

it('a store that cannot commit is answered 503 and shown by /health, and both go by themselves', async () => {
  const life = await begin();
  await life.ran;
  const health = async () => {
    const response = await fetch(`${life.url}/health`);
    return { ...((await response.json()) as object), status: response.status };
  };
  expect(await health()).toMatchObject({ status: 200 });

  life.db.exec('PRAGMA query_only = ON');
  expect(await deliver(life, { id: 'wamid.1' })).toBe(503);
  expect(await health()).toMatchObject({ status: 503, error: expect.stringContaining('can only be read') });
  await life.receiver.tick();
  expect(await health()).toMatchObject({ status: 503 });
  expect(life.status.webhook?.lastError).toContain('can only be read');

  life.db.exec('PRAGMA query_only = OFF');
  await life.receiver.tick();
  expect(await health()).toMatchObject({ status: 200 });
  expect(await deliver(life, { id: 'wamid.1' })).toBe(200);
  await ran('wamid.1');
  expect(runs()).toEqual(['wamid.1']);
});

it('a public address is said at the start where nothing registers it, with a warning when its path is not served', async () => {
  const said = async (env: Record<string, string>) => {
    const life = await begin(env);
    await end(life);
    return life.lines.filter(({ message }) => /register this|public address/.test(message));
  };
  const url = 'https://example.com/elsewhere';
  const warning = { level: 'warn', message: expect.stringContaining('"/elsewhere"') };
  const registered = { KAPSO_WEBHOOK_PUBLIC_URL: url, KAPSO_WEBHOOK_REGISTER: 'true' };
  expect(await said({ KAPSO_WEBHOOK_PUBLIC_URL: url })).toMatchObject([
    { level: 'info', message: `register this webhook URL in Kapso: ${url}` },
    warning,
  ]);
  expect(await said(registered)).toMatchObject([warning]);
});

it('the status tells accepted and refused deliveries, once a second at most', async () => {
  const life = await begin();
  await life.ran;
  expect(await deliver(life, { id: 'wamid.1' })).toBe(200);
  expect(await deliver(life, { id: 'wamid.2' })).toBe(200);
  const signature = createHmac('sha256', 'another secret').update('{}').digest('hex');
  const headers = { 'content-type': 'application/json', 'x-webhook-signature': signature };
  expect((await fetch(`${life.url}/webhook`, { method: 'POST', body: '{}', headers })).status).toBe(401);
  expect(life.status.webhook).toMatchObject({ accepted: 0 });
  clock.advance(second);
  expect(life.status.webhook).toMatchObject({ accepted: 2, rejected: 1, signature: true });
});

it('the status tells what was refused, though nothing was ever accepted', async () => {
  const life = await begin();
  await life.ran;
  for (const path of ['/elsewhere', '/webhook', '/elsewhere']) await fetch(life.url + path);
  // A full round trip: the answers before it are counted.
  await fetch(`${life.url}/health`);
  clock.advance(second);
  expect(life.status.webhook).toMatchObject({ accepted: 0, rejected: 3, refusals: { 403: 1, 404: 2 } });
});

describe('what cannot be read is logged once', () => {
  const logged = ({ lines }: Life) =>
    lines
      .filter(({ message }) => message.includes('cannot be read'))
      .map(({ fields }) => ('message' in fields ? String(fields.message) : ''))
      .sort();
  const unreadable = (id: string) => ({ ...senderless, id, timestamp: String(Math.floor(clock.now() / second)) });
  const senderless = { type: 'text', from: '', text: { body: 'who?' }, kapso: { direction: 'inbound' } };
  const unreadableDelivery = (id: string) =>
    createDelivery(
      { form: 'v2', event: 'whatsapp.message.received', rows: [unreadable(id)], phoneNumberId: sim.phoneNumberId },
      secret,
    );
  const deliverUnreadable = (life: Life, id: string): Promise<number> =>
    fetch(`${life.url}/webhook`, { method: 'POST', ...unreadableDelivery(id) }).then(({ status }) => status);

  it('each, where two deliveries share one commit', async () => {
    const life = await begin({ KAPSO_POLL_CATCH_UP: 'false' });
    await life.ran;
    const commits = () => Number(life.db.prepare('SELECT count(DISTINCT batch) AS found FROM entries').get()?.found);
    // Both requests are in one packet, so that both are stored in one turn of the event loop.
    const packet = ['wamid.1', 'wamid.2'].map(id => {
      const { body, headers } = unreadableDelivery(id);
      const head = Object.entries({ ...headers, host: 'localhost', 'content-length': Buffer.byteLength(body) });
      return `POST /webhook HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
    });
    const socket = connect(Number(new URL(life.url).port), '127.0.0.1', () => socket.write(packet.join('')));
    let answers = '';
    socket.setEncoding('utf8').on('data', text => {
      answers += text;
      if (answers.split('HTTP/1.1 200').length === 3) socket.end();
    });
    await once(socket, 'close');
    expect(commits()).toBe(1);
    expect(logged(life)).toEqual(['unreadable:wamid.1', 'unreadable:wamid.2']);
    expect(await deliverUnreadable(life, 'wamid.1')).toBe(200);
    expect(logged(life)).toEqual(['unreadable:wamid.1', 'unreadable:wamid.2']);
  });

  it('where the pass that read it is given up', async () => {
    const life = await begin({ KAPSO_MODE: 'polling' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    await kapso.inbound({ text: 'm{n}', count: 150 });
    await kapso.inbound({ row: unreadable('wamid.1') });
    await kapso.sim('POST', 'faults', [
      { kind: 'list', do: 'pass', delay: 0, count: 1 },
      { kind: 'list', status: 400, count: 5 },
    ]);
    life.receiver.pollNow();
    for (let refusal = 0; refusal < 4; refusal += 1) {
      await until(() => life.status.polling?.nextAt === null);
      await until(() => typeof life.status.polling?.nextAt === 'number');
      clock.advance(6 * minute);
    }
    await until(() => life.lines.some(({ message }) => message.includes('was given up')));
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(logged(life)).toEqual(['unreadable:wamid.1']);
    clock.advance(6 * minute);
    await until(() => life.status.polling?.lastError === null);
    expect(logged(life)).toEqual(['unreadable:wamid.1']);
  });

  it('where a webhook comes amid the pass that read it', async () => {
    const life = await begin({ KAPSO_POLL_FALLBACK: 'true' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    await kapso.inbound({ text: 'm{n}', count: 150 });
    await kapso.inbound({ row: unreadable('wamid.polled') });
    await kapso.sim('POST', 'faults', [
      { kind: 'list', do: 'pass', delay: 0, count: 1 },
      { kind: 'list', do: 'pass', delay: 3000, count: 1 },
    ]);
    life.receiver.pollNow();
    await expect.poll(() => clock.pending()).toContain(clock.now() + 3000);
    expect(await deliver(life, { id: 'wamid.DELIVERED' })).toBe(200);
    expect(await deliverUnreadable(life, 'wamid.polled')).toBe(200);
    clock.advance(3000);
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(logged(life)).toEqual(['unreadable:wamid.polled']);
  });
});
