import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect } from 'vitest';
import { createSessionFor } from '../../src/agents/openclaw/session.ts';
import { type AccountConfig, loadConfig } from '../../src/config/load.ts';
import { createForwarder } from '../../src/delivery/forward.ts';
import { createWorker, type Worker } from '../../src/delivery/worker.ts';
import { admitAll } from '../../src/domain/admit.ts';
import { openAccount } from '../../src/intake/open-account.ts';
import { createReceiver } from '../../src/intake/receiver.ts';
import type { Receiver } from '../../src/intake/receiver-parts.ts';
import { createWebhookListener, type WebhookListener } from '../../src/intake/webhook/webhook-listener.ts';
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
import { createSqlStore } from '../../src/store/sql/sql-store.ts';
import { databasePath, openDatabase } from '../../src/store/sqlite/database.ts';
import { createSqliteDriver } from '../../src/store/sqlite/sqlite-driver.ts';
import type { Store } from '../../src/store/store.ts';
import { plainAnswers } from '../delivery/plain-answers.ts';
import { type ScriptedGateway, scriptedGateway } from '../delivery/scripted-gateway.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';
import { kapsoClient } from '../simulator/kapso-client.ts';
import { createWatchers } from '../watchers.ts';
import { type Line, recordingLog } from './webhook/harness.ts';

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
/** The time of Kapso and of the program when a test begins. */
export const start = Date.UTC(2026, 10, 22, 12, 0, 0);
export const secret = 'receive-test-secret';

/** One process of the program: everything from the socket to the agent, except the gateway's wire. */
export interface Life {
  receiver: Receiver;
  listener: WebhookListener | null;
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

interface Text {
  id: string;
  at?: number;
  phone?: string;
}

/** Lives of one program, between a simulated Kapso and a scripted gateway. Each test has its own. */
export interface ReceiverScene {
  dir: string;
  clock: ManualClock;
  sim: KapsoSimulator;
  kapso: ReturnType<typeof kapsoClient>;
  /** Starts the program; `random` 1 waits as long as the jitter allows. */
  begin(env?: Record<string, string>): Promise<Life>;
  end(life: Life): Promise<void>;
  /** Resolves when the condition holds. It is checked whenever the program reports something. */
  until(condition: () => boolean): Promise<void>;
  /** Has Kapso deliver the message; resolves with the status of the answer. */
  deliver(life: Life, text: Text): Promise<number>;
  /** Has Kapso list the message from now on; its list goes by Kapso's time of creation. */
  list(text: Text): Promise<unknown>;
  /** How often the list was asked for. */
  lists(): Promise<number>;
  /** The keys of the agent's runs. */
  runs(): string[];
  /** Resolves when these have run. */
  ran(...ids: string[]): Promise<void>;
  /** Resolves when the present pass, or the one that this begins, is complete, and the next one is waited for. */
  poll(life: Life): Promise<void>;
}

async function configOf({ dir, sim }: ReceiverScene, env: Record<string, string>): Promise<AccountConfig> {
  const account = { KAPSO_API_KEY: sim.apiKey, KAPSO_PHONE_NUMBER_ID: sim.phoneNumberId, KAPSO_BASE_URL: sim.url };
  const webhook = { KAPSO_WEBHOOK_ADDR: '127.0.0.1:0', KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify-me' };
  const { accounts } = await loadConfig({
    env: { ...account, ...webhook, KAPSO_WEBHOOK_SECRET: secret, KAPSO_MODE: 'domain', KAPSO_STATE_DIR: dir, ...env },
    home: dir,
    need: 'poller',
  });
  return accounts[0]?.config ?? expect.fail('there is no number');
}

/** What a life is connected to, beside what the tests see. */
interface Wires {
  transport: ClosableTransport;
  gateway: ScriptedGateway;
  /** Called whenever the program reports something. */
  changed: () => void;
}

async function startLife(scene: ReceiverScene, wires: Wires, env: Record<string, string>): Promise<Life> {
  const { clock, dir } = scene;
  const { transport, gateway, changed } = wires;
  const config = await configOf(scene, env);
  const db = openDatabase({ dir });
  const store = await createSqlStore(createSqliteDriver({ db, path: databasePath(dir), clock }));
  const sessionFor = createSessionFor(config.gateway);
  const status: Partial<Status> = {};
  const lines: Line[] = [];
  const emit = createEvents([
    createEventLog(recordingLog(lines), clock),
    event => {
      Object.assign(
        status,
        statusChange(event, clock.now(), text => text),
      );
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
  const listener = config.mode === 'polling' ? null : createWebhookListener({ config, clock, random: () => 1, emit });
  const receiver = createReceiver({
    settings: () => config.polling,
    config,
    listener,
    secrets: config.webhook.secret,
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
  await listener?.start();
  const ran = receiver.run(worker.start);
  return { receiver, listener, store, db, worker, status, lines, ran, url: `http://${status.webhook?.address}` };
}

/** Sets the scene before each test of the file. */
export function receiverScene(): ReceiverScene {
  let transport: ClosableTransport;
  let gateway: ScriptedGateway;
  let lives: Life[];
  const { until, changed } = createWatchers();

  beforeEach(async () => {
    scene.dir = mkdtempSync(join(tmpdir(), 'receive-'));
    scene.clock = manualClock(start);
    scene.sim = await startKapsoSimulator({ clock: scene.clock });
    scene.kapso = kapsoClient(scene.sim);
    transport = createNodeTransport({ keepAlive: true });
    gateway = scriptedGateway();
    lives = [];
  });
  afterEach(async () => {
    for (const life of lives) await end(life);
    transport.close();
    await scene.sim.close();
    rmSync(scene.dir, { recursive: true, force: true });
  });

  async function begin(env: Record<string, string> = {}): Promise<Life> {
    const life = await startLife(scene, { transport, gateway, changed }, env);
    lives.push(life);
    return life;
  }

  async function end(life: Life): Promise<void> {
    lives = lives.filter(other => other !== life);
    await Promise.all([life.receiver.stop(0), life.listener?.stop(0)]);
    await life.ran;
    await life.worker.stop(0);
    await life.store.close();
  }

  function deliver(life: Life, { id, at = scene.clock.now(), phone = '15551234567' }: Text): Promise<number> {
    const customer = { phone, userId: null, username: null, name: 'Ada' };
    const row = inboundRow({ id, customer, text: `text of ${id}`, timestamp: Math.floor(at / second) });
    const event = 'whatsapp.message.received';
    const { body, headers } = createDelivery(
      { form: 'v2', event, rows: [row], phoneNumberId: scene.sim.phoneNumberId },
      secret,
    );
    return fetch(`${life.url}/webhook`, { method: 'POST', body, headers }).then(({ status }) => status);
  }

  const list = ({ id, at = scene.clock.now(), phone = '15551234567' }: Text) =>
    scene.kapso.inbound({ id, from: `+${phone}`, text: `text of ${id}`, timestamp: Math.floor(at / second) });

  const lists = async (): Promise<number> => (await scene.kapso.sim('GET', 'requests?kind=list')).body.requests.length;
  const runs = () => gateway.runs.map(({ runKey }) => runKey);
  const ran = (...ids: string[]) => until(() => ids.every(id => runs().includes(id)));

  async function poll(life: Life): Promise<void> {
    await until(() => typeof life.status.polling?.nextAt === 'number');
    life.receiver.pollNow();
    await until(() => life.status.polling?.nextAt === null);
    await until(() => typeof life.status.polling?.nextAt === 'number');
  }

  const scene = { begin, end, until, deliver, list, lists, runs, ran, poll } as ReceiverScene;
  return scene;
}
