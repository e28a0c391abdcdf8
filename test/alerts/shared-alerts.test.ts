/** Alerts of several processes on one store, each with a state directory of its own. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Alerts, createAlerts } from '../../src/alerts/alerts.ts';
import { alertsRole } from '../../src/alerts/memory.ts';
import type { AccountConfig } from '../../src/config/load.ts';
import { createInstances, type Instances } from '../../src/instances/instances.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import type { PollingStatus, Status } from '../../src/observe/status.ts';
import { statusChange } from '../../src/observe/status-events.ts';
import { pollingRole } from '../../src/store/claims.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { program, temporaryDirectory } from '../media/files.ts';

const start = Date.UTC(2026, 10, 28, 12);
const account = '647000000000001';
const well: Status = {
  ...{ version: '1.2.3', pid: 1, startedAt: start - 3_600_000, updatedAt: start, mode: 'polling' },
  ...{ webhook: null, tunnel: null, polling: null, sending: null, delivery: null },
  gateway: { url: 'ws://127.0.0.1:1', phase: 'connected', since: start, reason: null, hint: null, bootId: 'b' },
  ...{ lastMessageAt: null, lastDeliveredAt: null, lastError: null },
};
const untried: PollingStatus = { interval: 30, lastAttempt: start, lastSuccess: null, lastError: null, nextAt: null };

interface Process {
  name: string;
  store: Store;
  instances: Instances;
  alerts: Alerts;
  events: AppEvent[];
  /** Says that something happened. */
  say(event: AppEvent): void;
  /** What its program was told: code, state and instance. */
  told(): { code: string; state: string; instance?: string }[];
  end(): Promise<void>;
}

let clock: ManualClock;
let top: string;
let running: Process[];

beforeEach(() => {
  clock = manualClock(start);
  top = temporaryDirectory();
  running = [];
});
afterEach(async () => {
  for (const one of [...running]) await one.end();
});

const keeps = `process.stdin.pipe(require('node:fs').createWriteStream(__dirname + '/told', { flags: 'a' }))`;
const fails = `${keeps}; process.exitCode = 1;`;

async function create(script = keeps): Promise<Process> {
  const store = await openStore({ dir: top, clock, delivers: true, shared: true });
  const stateDir = temporaryDirectory();
  const command = program(stateDir, 'tell.cjs', script);
  const settings: AccountConfig['alerts'] = { command, after: 30, timeout: 36_000, templateLanguage: 'en' };
  const events: AppEvent[] = [];
  let status = well;
  const say = (event: AppEvent) => {
    events.push(event);
    status = { ...status, ...statusChange(event, clock.now(), text => text) };
    alerts.heard(event);
  };
  const instances = createInstances({ claims: store.claims, clock, emit: say });
  if (instances === null) throw new Error('the store is shared');
  const alerts = createAlerts({
    ...{ account: () => account, stateDir, version: '1.2.3', store, clock, isOurs: () => true, random: () => 0.5 },
    settings: () => settings,
    status: () => status,
    wakeReplies: () => {},
    scrub: text => text,
    around: (ms, callback) => clock.after(ms, callback),
    emit: say,
    shared: {
      name: store.claims.owner,
      notes: store.notes,
      role: instances.role(alertsRole),
      numbers: [{ id: account, label: null, role: instances.role(pollingRole(account)) }],
    },
  });
  const one: Process = {
    ...{ name: store.claims.owner, store, instances, alerts, events, say },
    told: () => {
      const file = join(stateDir, 'told');
      const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
      return lines.map(line => {
        const { code, state, instance } = JSON.parse(line);
        return instance === undefined ? { code, state } : { code, state, instance };
      });
    },
    end: async () => {
      running = running.filter(other => other !== one);
      await instances.roles.stop(0);
      await alerts.stop(0);
      await instances.leases.stop();
      await store.close();
    },
  };
  running.push(one);
  alerts.start();
  await instances.roles.start();
  return one;
}

/** Lets time pass until it is so: no faster than claims are renewed. Programs take real time. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    if (tries > 4000) throw new Error(`it was never so that ${what}`);
    clock.advance(500);
    for (let turn = 0; turn < 40; turn += 1) await new Promise(resolve => setImmediate(resolve));
    await new Promise(resolve => setTimeout(resolve, 1));
  }
}
const given = ({ events }: Process) => events.filter(({ type }) => type === 'alert given').length;
/** Lets all of them look for a while. */
async function looks(): Promise<void> {
  const end = clock.now() + 60_000;
  await until('the time is over', () => clock.now() >= end);
}

const failed = {
  ...{ id: 'r1', message: 'm', answer: 'a', account, lane: `${account}/x`, recipient: '+1', via: 'relay' as const },
  ...{ part: 1, parts: 1, body: '{}', sendBefore: null, failure: 'no' },
};

test('what concerns all is told by one process, and not again by the one that follows it, which tells its end', async () => {
  const [first, second] = [await create(), await create()];
  await first.store.outbox.add([failed]);
  await until('it is told', () => given(first) + given(second) > 0);
  await looks();
  const about = { code: 'replies-failed' };
  expect([first.told(), second.told()]).toEqual([[{ ...about, state: 'problem' }], []]);
  await first.end();
  await looks();
  expect(second.told()).toEqual([]);
  expect(second.events.filter(({ type }) => type === 'alerts changed').at(-1)).toMatchObject({
    alerts: { open: [about] },
  });
  await second.store.outbox.drop(['r1']);
  await until('its end is told', () => given(second) > 0);
  expect(second.told()).toEqual([{ ...about, state: 'over' }]);
});

test('an alert that was not given when its process ended, or whose program fails there, is given by another one', async () => {
  const first = await create(fails);
  await first.store.outbox.add([failed]);
  await until('its program has failed', () => first.events.some(({ type }) => type === 'alert not given'));
  const second = await create();
  await until('the second gives it', () => given(second) > 0);
  expect(second.told()).toEqual([{ code: 'replies-failed', state: 'problem' }]);
  await looks();
  expect(second.told()).toHaveLength(1);
  // All tries count together.
  expect(first.told().length).toBeLessThan(3);
});

test('what concerns one process is told by it alone, with its name, also when another one has the role', async () => {
  const [first, second] = [await create(), await create()];
  const gateway = { ...well.gateway, phase: 'waiting', reason: 'nobody listens there' } as const;
  second.say({ type: 'gateway changed', gateway });
  await until('it is told', () => given(second) > 0);
  await looks();
  expect(first.told()).toEqual([]);
  const about = { code: 'gateway-away', instance: second.name };
  expect(second.told()).toEqual([{ ...about, state: 'problem' }]);
  second.say({ type: 'gateway changed', gateway: well.gateway });
  await until('its end is told', () => given(second) > 1);
  expect(second.told().at(-1)).toEqual({ ...about, state: 'over' });
});

test('polling that fails is told once, whoever polls meanwhile and whoever tells', async () => {
  const first = await create();
  const failing = { ...untried, lastError: 'no', errorCode: 'KAPSO_UNREACHABLE' };
  first.say({ type: 'polling changed', polling: failing });
  // A process that has just started has not asked yet, and says nothing of it.
  const second = await create();
  const polls = () => second.instances.role(pollingRole(account));
  await until('the first sees the second', () => {
    first.instances.role(pollingRole(account)).giveUp('it fails here');
    return polls().hold !== null;
  });
  second.say({ type: 'polling changed', polling: untried });
  await until('it is told', () => given(first) > 0);
  expect(first.told()).toEqual([{ code: 'polling-fails', state: 'problem' }]);
  second.say({ type: 'polling changed', polling: failing });
  await looks();
  expect([first.told().length, second.told().length, polls().hold !== null]).toEqual([1, 0, true]);
  second.say({ type: 'polling changed', polling: { ...untried, lastSuccess: clock.now() } });
  await until('its end is told', () => given(first) > 1);
  expect(first.told().at(-1)).toEqual({ code: 'polling-fails', state: 'over' });
  expect(second.told()).toEqual([]);
});

test('what one process has found out about the webhook holds until the one that polls after it knows better', async () => {
  const first = await create();
  const registration = { webhook: null, checkedAt: null, reason: 'Kapso has none', hint: null };
  first.say({ type: 'registration failed', registration, asked: null, pause: 5000, repeated: false });
  const second = await create();
  const polls = () => second.instances.role(pollingRole(account));
  await until('the first sees the second', () => {
    first.instances.role(pollingRole(account)).giveUp('it fails here');
    return polls().hold !== null;
  });
  second.say({ type: 'polling changed', polling: { ...untried, lastSuccess: clock.now() } });
  await until('it is told', () => given(first) > 0);
  expect(first.told()).toEqual([{ code: 'webhook-not-registered', state: 'problem' }]);
  const found = { ...registration, webhook: 'w1', checkedAt: clock.now(), reason: null };
  second.say({ type: 'webhook looked at', registration: found, repeated: false });
  await until('its end is told', () => given(first) > 1);
  expect(first.told().at(-1)).toEqual({ code: 'webhook-not-registered', state: 'over' });
  expect(second.told()).toEqual([]);
});
