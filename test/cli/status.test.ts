import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { AccountStatus, Status } from '../../src/observe/status.ts';
import { stateFiles } from '../../src/state/files.ts';
import { acquireLock } from '../../src/state/lock.ts';
import { firstStatus } from '../../src/state/status-file.ts';
import { openStore } from '../../src/store/open.ts';
import type { NewOutgoing } from '../../src/store/outbox.ts';
import { runCli } from './program.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
});
afterEach(() => rm(dir, { recursive: true }));

const status = (...args: string[]) => runCli(['status', '--state-dir', dir, ...args]);

async function writeStatus(change: Partial<Status> = {}): Promise<void> {
  const now = Date.now();
  const gateway = {
    phase: 'connected' as const,
    since: now,
    reason: null,
    hint: null,
    bootId: null,
    url: 'ws://127.0.0.1:18789',
  };
  const polling = { interval: 30, lastAttempt: now, lastSuccess: now, lastError: null, nextAt: now + 30_000 };
  const first = firstStatus({ dir: '/nonexistent', version: '9.9.9', mode: 'polling', gateway, clock: systemClock });
  await writeFile(join(dir, stateFiles.status), JSON.stringify({ ...first, polling, lastMessageAt: now, ...change }));
}

describe('kapso-whatsapp-cli status', () => {
  test('exits with 69 and says so where no poller runs, also where one never ran', async () => {
    const never = await status();
    expect(never.code).toBe(69);
    expect(never.stdout).toMatch(/^Poller +does not run; last sign of life never$/m);
    expect(never.stdout).toMatch(/^Queue +no inbox yet$/m);
    // The service's directory is elsewhere. This is what a user sees who forgets to name it.
    expect(never.stdout).toMatch(
      /^Problem +no poller has run with this state directory; name another with --state-dir/m,
    );
    expect(never.stdout).toContain("--state-dir (a system service's is /var/lib/kapso-whatsapp)\n");

    await writeStatus();
    const after = await status();
    expect(after.code).toBe(69);
    expect(after.stdout).toMatch(/^Poller +does not run/m);
    expect(after.stdout).toMatch(/^Problem +the poller does not run$/m);
  });

  test('of a poller that does not run it says what was, and of a catch-up that nothing else is polled', async () => {
    await writeStatus({ tunnel: { phase: 'open', url: 'https://h.ts.net', reason: null, hint: null } });
    const killed = (await status()).stdout;
    expect(killed).toMatch(/^Gateway +was connected, ws:/m);
    expect(killed).toMatch(/^Polling +was every 30 s, last success \d+ s ago$/m);
    expect(killed).toMatch(/^Tunnel +was open, https:/m);

    const polling = {
      interval: 5,
      lastAttempt: 1,
      lastSuccess: null,
      lastError: 'refused',
      nextAt: null,
      catchUp: true,
    };
    await writeStatus({ mode: 'domain', polling });
    const lock = acquireLock(dir);
    const running = (await status()).stdout;
    lock.release();
    expect(running).toMatch(/^Catch-up +of what came before the start, last success never$/m);
    expect(running).not.toMatch(/^Polling/m);
  });

  test('tells the policy of who may write, and warns where it lets everybody in, or nobody', async () => {
    const lock = acquireLock(dir);
    try {
      const warning = 'Whoever knows the number can write to the agent';
      await writeStatus({ access: { policy: 'open', warning } });
      const text = await status();
      expect(text.stdout).toMatch(/^Access +open$/m);
      expect(text.stdout).toMatch(/^Warning +Whoever knows the number can write to the agent$/m);
      expect(JSON.parse((await status('--json')).stdout)).toMatchObject({
        warnings: [warning],
        poller: { access: { policy: 'open', warning } },
      });
      await writeStatus({ access: { policy: 'pairing', warning: null } });
      expect((await status()).stdout).not.toContain('Warning');
    } finally {
      lock.release();
    }
  });

  test('says of each of several numbers how it fares, and of which one something is wrong', async () => {
    const lock = acquireLock(dir);
    try {
      const now = Date.now();
      const of = (label: string, lastError: string | null): AccountStatus => ({
        ...{ id: `64700000000000${label.length}`, label, access: { policy: 'open', warning: `everybody` } },
        polling: { interval: 15, lastAttempt: now, lastSuccess: now, lastError, nextAt: now + 15_000 },
        ...{ lastMessageAt: now, lastDeliveredAt: null, lastError: null },
      });
      await writeStatus({ polling: null, accounts: [of('sales', null), of('support', 'Kapso refused the key')] });
      const text = (await status()).stdout;
      expect(text).toMatch(/^Access of sales +open$/m);
      expect(text).toMatch(/^Polling of support +every 15 s, last success \d s ago$/m);
      expect(text).toMatch(/^Last message of sales +\d s ago$/m);
      expect(text).toMatch(/^Problem +support: polling fails: Kapso refused the key$/m);
      expect(text).toMatch(/^Warning +sales: everybody$/m);
      expect(text).not.toMatch(/^(Polling|Access|Last message) {2}/m);
      const report = JSON.parse((await status('--json')).stdout);
      expect(report.poller.accounts.map(({ label }: { label: string }) => label)).toEqual(['sales', 'support']);
      expect(report.problemDetails).toMatchObject([{ code: 'polling-fails', account: 'support' }]);
    } finally {
      lock.release();
    }
  });

  test.each([['status'], ['inbox', 'list']])(
    '%s names --state-dir where the configuration is wrong',
    async (...words) => {
      const env = { KAPSO_MODE: 'nonsense' };
      const { code, stderr } = await runCli(words, { env });
      expect(code).toBe(78);
      expect(stderr).toBe(
        'kapso-whatsapp-cli: The configuration is wrong:\n' +
          '  KAPSO_MODE (mode): must be one of polling, tailscale, domain\n' +
          "Put that right, or name the poller's state directory: with --state-dir DIR the configuration is not read.\n" +
          'More: kapso-whatsapp-cli explain CONFIG_INVALID.\n',
      );
      expect((await runCli([...words, '--state-dir', dir], { env })).code).toBe(69);
    },
  );

  test('says where to look when messages wait for the approval of their senders', async () => {
    const store = await openStore({ dir, clock: systemClock });
    await store.accept([{ id: 'wamid.a', account: '1', lane: 'a', contact: '+1', occurredAt: 1, body: '{}' }]);
    expect((await status()).stdout).not.toContain('Unpaired');
    await store.refuse({ id: 'wamid.a', state: 'unpaired', reason: null });
    await store.close();
    expect((await status()).stdout).toMatch(/^Unpaired +1; .*kapso-whatsapp-cli access list$/m);
  });

  test('says where to look when messages were given up', async () => {
    const store = await openStore({ dir, clock: systemClock });
    await store.accept([
      { id: 'wamid.A', account: '106540352242922', lane: 'a', occurredAt: 1, body: '{}', failure: 'why' },
    ]);
    await store.close();
    expect((await status()).stdout).toMatch(/^Failed +1; see why with kapso-whatsapp-cli inbox list --state failed$/m);
  });

  test('says why the gateway takes no messages, and what to do', async () => {
    const delivery = { since: Date.now(), reason: 'Agent "main" no longer exists', hint: 'Add the agent' };
    await writeStatus({ delivery });
    const lock = acquireLock(dir);
    try {
      const { code, stdout } = await status();
      expect(stdout).toMatch(/^Problem +the gateway takes no messages: Agent "main" no longer exists; Add the agent$/m);
      expect(code).toBe(75);
    } finally {
      lock.release();
    }
  });

  test('names the messages that keep failing, masked, with since when and why', async () => {
    const store = await openStore({ dir, clock: systemClock });
    const sender = { phone: '15551234567', userId: null, name: 'Bob', username: null };
    const body = JSON.stringify({ id: 'wamid.FAILING0001', sender, timestamp: 1, type: 'text', text: 'hello' });
    await store.accept([{ id: 'wamid.FAILING0001', account: '106540352242922', lane: 'a', occurredAt: 1, body }]);
    const again = { until: Date.now() + 60_000, reason: 'HTTP 500 for +15551234567', counted: true, resend: true };
    await writeStatus();
    const lock = acquireLock(dir);
    try {
      await store.defer('wamid.FAILING0001', again);
      expect((await status()).stdout).not.toMatch(/^Problem/m);
      await store.defer('wamid.FAILING0001', again);
      const { code, stdout } = await status();
      const problem = /^Problem +(.*)$/m.exec(stdout)?.[1];
      expect(problem).toMatch(
        /^a message of \+1555…67 \(\S*FAILING0001\) has failed 2 times since \d{4}-\S+Z \(\d+ s ago\): /,
      );
      expect(problem).toMatch(/ ago\): HTTP 500 for \+1555…67; it is tried again at \S+$/);
      expect(stdout).not.toContain('15551234567');
      expect(code).toBe(75);
    } finally {
      lock.release();
      await store.close();
    }
  });

  describe('the answers to customers', () => {
    const account = '106540352242922';
    const reply = (message: string, over: Partial<NewOutgoing> = {}): NewOutgoing => ({
      ...{ id: `${message}#1/1`, message, answer: `${message}#1`, account, lane: message, recipient: '+15551234567' },
      ...{ via: 'relay', part: 1, parts: 1, body: '{"v":1,"kind":"text","text":"x"}', sendBefore: null, ...over },
    });
    const ago = (ms: number) => ({ ...systemClock, now: () => Date.now() - ms });
    const open = (clock = systemClock) => openStore({ dir, clock });

    test('are counted, and what failed is shown with the command to see it; as a message that failed it is no fault', async () => {
      const store = await open();
      await store.outbox.add([reply('wamid.A'), reply('wamid.B', { failure: 'the window is closed' })]);
      await store.close();
      await writeStatus();
      const lock = acquireLock(dir);
      try {
        const { code, stdout } = await status();
        expect(stdout).toMatch(
          /^Outbox +1 pending, 0 sending, 0 sent, 1 failed, 0 dropped; the oldest waits for \d+ s$/m,
        );
        expect(stdout).toMatch(/^Failed answers +1; see why with kapso-whatsapp-cli outbox list --state failed$/m);
        expect(stdout).not.toMatch(/^Problem/m);
        expect(code).toBe(0);
        const { outbox } = JSON.parse((await status('--json')).stdout);
        expect(outbox).toEqual({
          byState: { pending: 1, sending: 0, sent: 0, failed: 1, dropped: 0 },
          oldestWaiting: expect.any(Number),
        });
      } finally {
        lock.release();
      }
    });

    test('are a problem where one keeps failing, masked, with why', async () => {
      const store = await open();
      await store.outbox.add([reply('wamid.FAILING0001')]);
      await writeStatus();
      const lock = acquireLock(dir);
      const again = { until: Date.now() + 60_000, reason: 'HTTP 500 for +15551234567', counted: true, resend: true };
      try {
        await store.outbox.defer('wamid.FAILING0001#1/1', again);
        expect((await status()).stdout).not.toMatch(/^Problem/m);
        await store.outbox.defer('wamid.FAILING0001#1/1', again);
        const { code, stdout } = await status();
        const problems = [...stdout.matchAll(/^Problem +(.*)$/gm)].map(([, problem]) => problem);
        expect(problems).toHaveLength(1);
        expect(problems[0]).toMatch(
          /^an answer to \+1555…67 \(\S*FAILING0001#1\/1\) waits for \d+ s, and has failed 2 times: HTTP 500 for \+1555…67; /,
        );
        expect(problems[0]).toMatch(/; it is tried again at \S+$/);
        expect(stdout).not.toContain('15551234567');
        expect(code).toBe(75);
      } finally {
        lock.release();
        await store.close();
      }
    });

    test('are a problem where one waits for long, also when it was put off without a failure, and not after a retry', async () => {
      const early = await open(ago(700_000));
      await early.outbox.add([reply('wamid.LATELATELA1'), reply('wamid.LATELATELA2', { failure: 'refused' })]);
      await early.close();
      const store = await open();
      await writeStatus();
      const lock = acquireLock(dir);
      try {
        const wait = { until: 1, reason: 'asked to wait', counted: false, resend: true };
        await store.outbox.defer('wamid.LATELATELA1#1/1', wait);
        await store.outbox.retry(['wamid.LATELATELA2#1/1']);
        const { code, stdout } = await status();
        expect(stdout).toMatch(
          /^Problem +an answer to \+1555…67 \(\S*LATELA1#1\/1\) waits for 11 min \d+ s: asked to wait;/m,
        );
        expect(stdout.match(/^Problem/gm)).toHaveLength(1);
        expect(code).toBe(75);
      } finally {
        lock.release();
        await store.close();
      }
    });

    test('are named once for each recipient, up to three', async () => {
      const early = await open(ago(700_000));
      const lanes = [1, 2, 3, 4].map(at => `wamid.LATELATELA${at}`);
      await early.outbox.add(lanes.flatMap(lane => [reply(lane), reply(`${lane}BEHIND`, { lane })]));
      await early.close();
      await writeStatus();
      const lock = acquireLock(dir);
      try {
        const { stdout } = await status();
        expect(
          [...stdout.matchAll(/^Problem +(?:an answer .*\(\S*LATELA(\d)|more answers wait)/gm)].map(one => one[1]),
        ).toEqual([...['1', '2', '3', undefined]]);
      } finally {
        lock.release();
      }
    });
  });

  test('says when deliveries come for another number: the configured one may be wrong', async () => {
    const webhook = { address: ':1', signature: true, publicUrl: null, accepted: 0, rejected: 0, lastError: null };
    await writeStatus({ webhook: { ...webhook, otherNumber: 3 } });
    expect((await status()).stdout).toMatch(/^Not kept +3 for another phone number id than kapso\.phoneNumberId$/m);
  });

  test('counts the sent messages that WhatsApp could not deliver', async () => {
    const webhook = { address: ':1', signature: true, publicUrl: null, accepted: 0, rejected: 0, lastError: null };
    await writeStatus({ webhook: { ...webhook, failedSends: 2 } });
    expect((await status()).stdout).toMatch(/^Not delivered +2 that were sent/m);
  });

  test('needs no right configuration where the state directory is named', async () => {
    await writeStatus();
    const broken = join(dir, 'config.yaml');
    await writeFile(broken, 'polling: [');
    const env = { KAPSO_CONFIG: broken };
    expect(await runCli(['status', '--state-dir', dir], { env })).toMatchObject({ code: 69, stderr: '' });
    expect(await runCli(['inbox', 'list', '--state-dir', dir], { env })).not.toMatchObject({ code: 78 });
    expect(await runCli(['status'], { env })).toMatchObject({ code: 78 });
  });

  test('exits with 0 when the poller runs and all is well', async () => {
    const lock = acquireLock(dir);
    await writeStatus();
    const store = await openStore({ dir, clock: systemClock });
    await store.accept([{ id: 'wamid.A', account: '106540352242922', lane: 'a', occurredAt: Date.now(), body: '{}' }]);
    await store.close();

    const plain = await status();
    expect(plain.code).toBe(0);
    expect(plain.stdout).toMatch(/^Poller +runs for .*version 9\.9\.9, pid \d+, mode polling/m);
    expect(plain.stdout).toMatch(/^Polling +every 30 s, last success \d+ s ago$/m);
    expect(plain.stdout).toMatch(/^Gateway +connected for \d+ s, ws:/m);
    expect(plain.stdout).toMatch(/^Queue +.*1 pending.*the oldest not handled came/m);
    expect(plain.stdout).not.toContain('Problem');

    const json = JSON.parse((await status('--json')).stdout);
    expect(json).toMatchObject({ running: true, healthy: true, problems: [], queue: { byState: { pending: 1 } } });
    lock.release();
  });

  test.each<[string, Partial<Status>, RegExp]>([
    [
      'the gateway is away',
      {
        gateway: {
          phase: 'waiting',
          since: 1,
          reason: 'connection refused',
          hint: 'Start it',
          bootId: null,
          url: 'ws://127.0.0.1:1',
        },
      },
      /the gateway is waiting: connection refused; Start it/,
    ],
    [
      'polling fails',
      { polling: { interval: 30, lastAttempt: 1, lastSuccess: null, lastError: 'HTTP 500', nextAt: null } },
      /polling fails: HTTP 500/,
    ],
    [
      'a poll is long overdue, as where the status cannot be written on a full disk',
      {
        polling: {
          ...{ interval: 30, lastAttempt: 1, lastSuccess: 1, lastError: null },
          nextAt: Date.now() - 60_000,
        },
      },
      /Problem +the poller was to poll 1 min.* ago, and has written no status since: its disk may be full/,
    ],
  ])('exits with 75 and names the problem when %s', async (_, change, message) => {
    const lock = acquireLock(dir);
    await writeStatus(change);
    const ended = await status();
    expect(ended.code).toBe(75);
    expect(ended.stdout).toMatch(message);
    lock.release();
  });

  test('makes do with a status file that is older, newer, or torn', async () => {
    const lock = acquireLock(dir);
    await writeFile(join(dir, stateFiles.status), '{"version":"0.0.1","polling":{},"gateway":{"phase":"connected"}}');
    expect(await status()).toMatchObject({ code: 0, stderr: '' });
    for (const content of ['{"version', '[]', 'null', '7']) {
      await writeFile(join(dir, stateFiles.status), content);
      const ended = await status();
      expect(ended).toMatchObject({ code: 75, stderr: '' });
      expect(ended.stdout).toContain('has written no status');
    }
    lock.release();
  });

  test('shows no phone number and lets no control character through', async () => {
    await writeStatus({ lastError: { at: Date.now(), message: 'sending to +15551234567 \u001b[2J failed' } });
    const { stdout } = await status();
    expect(stdout).toContain('+1555…67 \\u001b[2J failed');
  });

  test('sees at once that a killed poller does not run', async () => {
    const script = `import { acquireLock } from ${JSON.stringify(new URL('../../src/state/lock.ts', import.meta.url).href)};
      globalThis.held = acquireLock(${JSON.stringify(dir)}); console.log('locked'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script]);
    await once(holder.stdout, 'data');
    await writeStatus();
    expect((await status()).code).toBe(0);
    holder.kill('SIGKILL');
    await once(holder, 'close');
    expect((await status()).code).toBe(69);
  });
});
