import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { admitAll } from '../../../src/domain/admit.ts';
import type { SessionFor } from '../../../src/domain/conversation.ts';
import type { InboundMessage } from '../../../src/domain/message.ts';
import { createIntake } from '../../../src/intake/accept.ts';
import { createKapsoTime } from '../../../src/intake/kapso-time.ts';
import { openAccount } from '../../../src/intake/open-account.ts';
import { createPoller, type Poller, type PollerOptions } from '../../../src/intake/polling/poll.ts';
import { createKapsoClient, type KapsoClient } from '../../../src/kapso/client.ts';
import type { ClosableTransport } from '../../../src/kapso/http/transport.ts';
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';
import { createEventLog } from '../../../src/observe/event-log.ts';
import { createEvents } from '../../../src/observe/events.ts';
import type { PollingStatus } from '../../../src/observe/status.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../../src/simulator/kapso.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';
import { silentLog } from '../../silent-log.ts';
import { type Line, recordingLog } from '../webhook/harness.ts';

export const minute = 60_000;
/** The time of both clocks when a test begins. */
export const start = Date.UTC(2026, 10, 22, 12, 0, 0);

const sessionFor: SessionFor = ({ contact }) => ({ key: contact, of: 'conversation' });

type Bounds = Pick<PollerOptions, 'bounds' | 'rate' | 'role'>;

/** A poller between a simulated Kapso and a real store. Each test has its own. */
export interface PollStage {
  dir: string;
  clock: ManualClock;
  kapsoClock: ManualClock;
  sim: KapsoSimulator;
  store: Store;
  poller: Poller;
  /** What the poller says of itself. */
  statuses: PollingStatus[];
  logged: Line[];
  /** Called with the lanes that have work. */
  onWake: (lanes: readonly string[]) => void;
  /** How the poller asks for a page; a test may put another in its place. */
  fetchPage: KapsoClient['listMessages'];
  restart(bounds?: Bounds): Promise<void>;
  /** The very first start, at the present time. */
  startAnew(): Promise<void>;
  /** Asks the simulator for what is below `/__sim/`; with a body, by POST. */
  control(path: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Has Kapso receive messages. */
  receive(body: unknown): Promise<unknown>;
  /** Lets milliseconds pass by both clocks. */
  pass(ms: number): void;
  lane(phone?: string): string;
  /** The texts in the order in which a lane is delivered; settles them. */
  deliver(phone?: string): Promise<string[]>;
  /** Waits for what the poller says of itself next. */
  status(matches: (status: PollingStatus) => boolean): Promise<PollingStatus>;
}

/** Sets the stage up before each test of the file. */
export function pollStage(): PollStage {
  let transport: ClosableTransport;

  beforeEach(async () => {
    at.dir = mkdtempSync(join(tmpdir(), 'kapso-poll-'));
    at.clock = manualClock(start);
    at.kapsoClock = manualClock(start);
    at.sim = await startKapsoSimulator({
      clock: { ...at.kapsoClock, after: (ms, callback) => at.clock.after(ms, callback) },
    });
    transport = createNodeTransport({ keepAlive: true });
    at.statuses = [];
    at.onWake = () => undefined;
    at.logged = [];
    await open();
  });

  afterEach(async () => {
    at.poller.stop();
    await at.store.close();
    transport.close();
    await at.sim.close();
    rmSync(at.dir, { recursive: true, force: true });
  });

  /** Opens the store and the poller. A second call is a restart. */
  async function open(bounds: Bounds = {}): Promise<void> {
    at.store = await openStore({ dir: at.dir, clock: at.clock });
    const { url: baseUrl, apiKey, phoneNumberId } = at.sim;
    // Requests have real time limits; the schedule goes by the test's clock.
    const kapso = createKapsoClient({
      baseUrl,
      apiVersion: 'v24.0',
      apiKey,
      phoneNumberId,
      transport,
      clock: at.clock,
      random: () => 0.5,
    });
    at.fetchPage = kapso.listMessages;
    const kapsoTime = createKapsoTime(at.clock);
    const log = recordingLog(at.logged);
    const emit = createEvents([
      createEventLog(log, at.clock),
      event => {
        if (event.type === 'polling changed' && event.polling !== null) at.statuses.push(event.polling);
      },
    ]);
    const parts = { store: at.store, kapsoTime, checkClock: () => undefined, clock: at.clock, log, emit };
    const firstStart = await openAccount({
      account: phoneNumberId,
      stateDir: at.dir,
      store: at.store,
      sessionFor,
      clock: at.clock,
      log: silentLog,
      emit,
    });
    at.poller = createPoller({
      ...parts,
      kapso: { listMessages: query => at.fetchPage(query) },
      timeout: 30_000,
      phoneNumberId,
      intake: createIntake({
        ...parts,
        account: phoneNumberId,
        sessionFor,
        admit: admitAll,
        wake: lanes => at.onWake(lanes),
        wakeReplies: () => undefined,
      }),
      random: () => 0.5,
      stateDir: at.dir,
      firstStart,
      settings: () => ({ interval: 30, overlap: 300 }),
      ...bounds,
    });
  }

  async function end(): Promise<void> {
    at.poller.stop();
    await at.store.close();
  }

  const control: PollStage['control'] = async (path, body) => {
    const response = await fetch(
      `${at.sim.url}/__sim/${path}`,
      body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) },
    );
    expect(response.status).toBe(200);
    return (await response.json()) as Record<string, unknown>;
  };
  const lane = (phone = '15551234567') => `${at.sim.phoneNumberId}/+${phone}`;

  const at = {
    async restart(bounds) {
      await end();
      await open(bounds);
    },
    async startAnew() {
      await end();
      rmSync(at.dir, { recursive: true });
      await open();
    },
    control,
    receive: body => control('inbound', body),
    pass(ms) {
      at.clock.advance(ms);
      at.kapsoClock.advance(ms);
    },
    lane,
    async deliver(phone) {
      const texts: string[] = [];
      for (let entry = await at.store.head(lane(phone)); entry; entry = await at.store.head(lane(phone))) {
        texts.push((JSON.parse(entry.body) as InboundMessage).text);
        await at.store.begin(entry.id, { runKey: entry.id, runNumber: 1 });
        await at.store.settle(entry.id, 'answered');
      }
      return texts;
    },
    async status(matches) {
      for (;;) {
        const found = at.statuses.find(matches);
        if (found) return found;
        await new Promise(resolve => setImmediate(resolve));
      }
    },
  } as PollStage;
  return at;
}
