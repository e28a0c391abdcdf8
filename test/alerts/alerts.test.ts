import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createAlerts } from '../../src/alerts/alerts.ts';
import type { AccountConfig } from '../../src/config/load.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { createScrub } from '../../src/observe/scrub.ts';
import type { AccountStatus, Status } from '../../src/observe/status.ts';
import { statusChange } from '../../src/observe/status-events.ts';
import type { ReceivedEntry } from '../../src/store/new-entry.ts';
import { openStore } from '../../src/store/open.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { program, temporaryDirectory } from '../media/files.ts';

const start = Date.UTC(2026, 10, 28, 12);
const account = '647000000000001';
type AlertSettings = AccountConfig['alerts'];
const settings: AlertSettings = { command: [], after: 600, timeout: 30, templateLanguage: 'en' };
const well: Status = {
  ...{
    version: '1.2.3',
    pid: 1,
    startedAt: start - 3_600_000,
    updatedAt: start,
    mode: 'polling',
    webhook: null,
    tunnel: null,
  },
  gateway: { url: 'ws://127.0.0.1:1', phase: 'connected', since: start, reason: null, hint: null, bootId: 'b' },
  polling: { interval: 30, lastAttempt: start, lastSuccess: start, lastError: null, nextAt: null },
  ...{ lastMessageAt: null, lastDeliveredAt: null, lastError: null },
};

/** Alerts on a real store in a directory. The same directory again is a restart. */
async function process(
  dir: string,
  given: Partial<AlertSettings>,
  { clock = manualClock(start), secrets = ['secret-0123'] }: { clock?: ManualClock; secrets?: string[] } = {},
) {
  const store = await openStore({ dir, clock });
  const events: AppEvent[] = [];
  let status = well;
  const heard = new Set<() => void>();
  const woken: string[] = [];
  const alerts = createAlerts({
    ...{ account: () => account, stateDir: dir, version: '1.2.3', store, clock, isOurs: () => true, random: () => 0.5 },
    settings: () => ({ ...settings, ...given }),
    status: () => status,
    wakeReplies: lanes => woken.push(...lanes),
    scrub: createScrub(secrets),
    // Processes and disks take real time.
    around: (ms, callback) => clock.after(ms, callback),
    emit: event => {
      events.push(event);
      status = { ...status, ...statusChange(event, clock.now(), text => text) };
      for (const listener of heard) listener();
    },
  });
  const stop = async () => {
    await alerts.stop(0);
    await store.close();
  };
  onTestFinished(async () => {
    await stop().catch(() => undefined);
  });
  return {
    ...{ alerts, store, clock, events, woken, stop },
    set: (change: Partial<Status>) => {
      status = { ...status, ...change };
    },
    status: () => status,
    /** Resolves when so many events of the type were emitted. */
    until: (type: AppEvent['type'], count = 1) =>
      new Promise<AppEvent[]>(resolve => {
        const look = () => {
          const found = events.filter(event => event.type === type);
          if (found.length < count) return;
          heard.delete(look);
          resolve(found);
        };
        heard.add(look);
        look();
      }),
  };
}

const refused: Partial<Status> = {
  polling: {
    ...{ interval: 30, lastAttempt: start, lastSuccess: start, nextAt: null },
    ...{ lastError: 'GET: 401 for secret-0123 of +15551234567', errorCode: 'KAPSO_UNAUTHORIZED' },
  },
};

test('a program that fails is run three times in all, also when the poller is killed while it runs', async () => {
  const dir = temporaryDirectory();
  const words = program(
    dir,
    'fails.cjs',
    `require('node:fs').appendFileSync(__dirname + '/runs', 'x'); console.error('no'); process.exitCode = 1;`,
  );
  const runs = () => readFileSync(join(dir, 'runs'), 'utf8').length;
  const first = await process(dir, { command: words });
  first.set(refused);
  first.alerts.start();
  expect((await first.until('alert not given'))[0]).toMatchObject({
    again: 10_000,
    reason: expect.stringMatching(/it said: no/),
  });
  first.clock.advance(10_000);
  await first.until('alert not given', 2);
  expect(runs()).toBe(2);
  // What a SIGKILL leaves.
  const kept = readFileSync(join(dir, 'alerts.json'), 'utf8');
  expect(kept).not.toContain('secret-0123');
  expect(kept).not.toContain('15551234567');
  await first.stop();
  writeFileSync(join(dir, 'alerts.json'), kept);

  const second = await process(dir, { command: words });
  second.set(refused);
  second.alerts.start();
  expect((await second.until('alert not given'))[0]).toMatchObject({ again: null });
  expect(runs()).toBe(3);
  expect(second.status().alerts).toMatchObject({
    open: [{ code: 'key-refused' }],
    undelivered: { code: 'key-refused', way: 'command' },
  });
  await second.stop();

  // The third process ends in the middle of the last run.
  const interrupted = JSON.parse(kept);
  interrupted.pending[0].tries = 3;
  writeFileSync(join(dir, 'alerts.json'), JSON.stringify(interrupted));
  const third = await process(dir, { command: words });
  third.set(refused);
  third.alerts.start();
  expect((await third.until('alert not given'))[0]).toMatchObject({ again: null });
  expect(runs()).toBe(3);
});

test('of several numbers each is told by itself, with its name, and is not told again after a restart', async () => {
  const dir = temporaryDirectory();
  const words = program(
    dir,
    'keeps.cjs',
    `process.stdin.pipe(require('node:fs').createWriteStream(__dirname + '/told', { flags: 'a' }))`,
  );
  const told = () =>
    readFileSync(join(dir, 'told'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as { code: string; account: string; says: string });
  const number = (label: string): AccountStatus => ({
    ...{ id: label, label, lastMessageAt: null, lastDeliveredAt: null, lastError: null, sending: null },
    polling: {
      interval: 30,
      lastAttempt: start,
      lastSuccess: start,
      lastError: 'no',
      nextAt: null,
      errorCode: 'KAPSO_UNAUTHORIZED',
    },
  });
  const accounts = [number('sales'), number('support')];
  const one = await process(dir, { command: words });
  one.set({ polling: null, accounts });
  one.alerts.start();
  await one.until('alert given', 2);
  expect(told().map(({ code, account: of, says }) => [code, of, says])).toEqual([
    ['key-refused', 'sales', 'sales: polling fails: no'],
    ['key-refused', 'support', 'support: polling fails: no'],
  ]);
  await one.stop();
  const other = await process(dir, { command: words });
  other.set({ polling: null, accounts: [number('sales')] });
  other.alerts.start();
  expect(await other.until('alert raised')).toMatchObject([
    { code: 'key-refused', state: 'over', says: expect.stringMatching(/^support: Kapso takes the key again, after/) },
  ]);
  await other.stop();
});

test('it is in the outbox once, in the lane of the contact, until its window ends, whatever became of the note', async () => {
  const dir = temporaryDirectory();
  const one = await process(dir, { whatsapp: '5491155551234' });
  // The contact writes from the other spelling of its number.
  const sender = { phone: '5491155551234', userId: null, parentId: null, name: 'Ada' };
  const hello: ReceivedEntry = {
    ...{ id: 'wamid.1', account, occurredAt: start - 3_600_000, body: '{}', from: sender },
    file: ({ key }) => ({
      ...{ lane: `${account}/${key}`, contact: key, conversation: `${account}/${key}`, session: 's', author: key },
      admission: { kind: 'admitted' },
    }),
  };
  await one.store.accept([hello]);
  one.set(refused);
  const before = () => one.store.outbox.list({ limit: 10 });
  one.alerts.start();
  await one.until('alert given');
  const [row] = await before();
  expect(row).toMatchObject({ via: 'alert', sendBefore: start + 23 * 3_600_000, state: 'pending', account });
  expect(row?.lane).toBe(one.woken[0]);
  expect(row?.lane.startsWith(`${account}/`)).toBe(true);
  expect(row?.body).toContain('401 for [secret] of +1555…67');
  await one.stop();

  const kept = JSON.parse(readFileSync(join(dir, 'alerts.json'), 'utf8'));
  expect(kept.pending).toEqual([]);
  for (const lost of [
    { ...kept, incidents: kept.incidents.map((incident: object) => ({ ...incident, toldAt: null })) },
    'not JSON at all',
  ]) {
    writeFileSync(join(dir, 'alerts.json'), typeof lost === 'string' ? lost : JSON.stringify(lost));
    const again = await process(dir, { whatsapp: '+5491155551234' });
    again.set(refused);
    again.alerts.start();
    await again.until('alert given');
    expect(await again.store.outbox.list({ limit: 10 })).toHaveLength(1);
    await again.stop();
  }
});

test('a secret that is a key of the status hides no problem', async () => {
  const one = await process(
    temporaryDirectory(),
    { command: ['true'] },
    { secrets: ['webhook', 'gateway', 'polling'] },
  );
  one.set({ polling: { ...refused.polling, lastError: 'GET: 401 for gateway' } as Status['polling'] });
  one.alerts.start();
  await one.until('alert given');
  const [raised] = one.events.filter(({ type }) => type === 'alert raised');
  expect(raised).toMatchObject({ code: 'key-refused', says: expect.stringContaining('401 for [secret]') });
});

test('answers that fail are counted without alerts that do', async () => {
  const one = await process(temporaryDirectory(), { command: ['true'] });
  const row = {
    answer: 'a',
    account,
    lane: `${account}/x`,
    recipient: '+1',
    part: 1,
    parts: 1,
    body: '{}',
    sendBefore: null,
  };
  await one.store.outbox.add([
    { ...row, id: 'r1', message: 'm', via: 'relay', failure: 'no' },
    { ...row, id: 'r2', message: 'alert:x', via: 'alert', failure: 'no' },
  ]);
  expect(await one.store.outbox.countOf('failed', 'alert')).toBe(1);
  one.alerts.start();
  await one.until('alerts changed', 2);
  one.clock.advance(10_000);
  await one.until('alert given');
  const raised = one.events.filter(({ type }) => type === 'alert raised');
  expect(raised).toMatchObject([{ code: 'replies-failed', says: '1 answer did not reach its customer' }]);
});

test('without a program and a number it looks at nothing and sets no timer; a reload turns it on and off', async () => {
  const dir = temporaryDirectory();
  const given: { command: readonly string[] } = { command: [] };
  const one = await process(dir, given);
  one.set(refused);
  one.alerts.start();
  one.alerts.heard({ type: 'poll works again' });
  expect(one.clock.pending()).toEqual([]);
  expect(one.events).toEqual([]);
  given.command = ['true'];
  one.alerts.settingsChanged();
  await one.until('alert given');
  expect(one.status().alerts).toMatchObject({ ways: ['command'] });
  given.command = [];
  one.alerts.settingsChanged();
  expect(one.status().alerts).toBeNull();
  expect(one.clock.pending()).toEqual([]);
});

test('it looks by itself twice a minute at the most, and soon after something has happened', async () => {
  const one = await process(temporaryDirectory(), { command: ['true'] });
  one.alerts.start();
  await expect.poll(() => one.clock.pending()).toEqual([start + 25_000]);
  one.alerts.heard({ type: 'message failed', message: 'm', reason: 'r' });
  one.alerts.heard({ type: 'message failed', message: 'n', reason: 'r' });
  expect(one.clock.pending()).toEqual([start + 1000, start + 25_000]);
});
