import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Log } from '../../src/observe/log.ts';
import { createScrub } from '../../src/observe/scrub.ts';
import { stateFiles } from '../../src/state/files.ts';
import { createStatusFile, firstStatus } from '../../src/state/status-file.ts';
import { manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';

let dir: string;
const clock = manualClock(1000);
const gateway = {
  phase: 'connecting',
  since: 0,
  reason: null,
  hint: null,
  bootId: null,
  url: 'ws://127.0.0.1:1',
} as const;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-status-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (log: Log = silentLog, at = dir) => {
  const status = createStatusFile({
    dir: at,
    clock,
    log,
    scrub,
    initial: firstStatus({ version: '1', mode: 'polling', gateway, clock, dir: at }),
  });
  status.start();
  return status;
};
const scrub = createScrub(['the "token" itself', 'webhook', 'gateway']);
const read = () => JSON.parse(readFileSync(join(dir, stateFiles.status), 'utf8')) as Record<string, unknown>;

it('is there from the start, for its owner only', () => {
  open();
  expect(read()).toMatchObject({ version: '1', mode: 'polling', pid: process.pid });
  expect(statSync(join(dir, stateFiles.status)).mode & 0o777).toBe(0o600);
});

it('follows changes, written once a second at most, and not at all while nothing changes', () => {
  const status = open();
  const before = clock.pending().length;
  status.update({ lastMessageAt: 1 });
  status.update({ lastMessageAt: 2 });
  expect(read()).toMatchObject({ lastMessageAt: null });
  expect(clock.pending().length).toBe(before + 1);
  clock.advance(1000);
  expect(read()).toMatchObject({ lastMessageAt: 2 });
  expect(clock.pending().length).toBe(before);
});

it('says at once that a poll is over, unless it was written within the last second: no timer wakes an idle program for it', () => {
  const status = open();
  const before = clock.pending().length;
  const polling = { interval: 30_000, lastAttempt: 1, lastSuccess: 1, lastError: null };
  status.update({ polling: { ...polling, nextAt: 2 } });
  expect(read()).toMatchObject({ polling: null });
  clock.advance(1000);
  expect(read()).toMatchObject({ polling: { nextAt: 2 } });
  clock.advance(1000);
  status.update({ polling: { ...polling, nextAt: null } });
  expect(read()).toMatchObject({ polling: { nextAt: 2 } });
  status.update({ polling: { ...polling, nextAt: 3 } });
  expect(read()).toMatchObject({ polling: { nextAt: 3 } });
  expect(clock.pending().length).toBe(before);
});

it('wakes nobody after the program has ended', () => {
  const status = open();
  status.stop();
  const before = clock.pending().length;
  status.update({ lastMessageAt: 7 });
  expect(clock.pending().length).toBe(before);
});

it('is complete when the program ends', () => {
  const status = open();
  status.update({ lastError: { at: 1, message: 'disk full' } });
  status.stop();
  expect(read()).toMatchObject({ lastError: { message: 'disk full' } });
});

it('complains once, and stops nothing, where it cannot be written', () => {
  const complaints: string[] = [];
  const status = open({ ...silentLog, warn: (_, message) => complaints.push(message) }, join(dir, 'missing'));
  status.update({ lastMessageAt: 1 });
  clock.advance(1000);
  expect(complaints).toHaveLength(1);
});

it('shows no secret, whoever said it', () => {
  const status = open();
  status.update({ lastError: { at: 1, message: 'refused by the gateway with the "token" itself' } });
  status.stop();
  // A secret may be a word that is a key here.
  expect(read()).toMatchObject({
    lastError: { message: 'refused by the [secret] with [secret]' },
    gateway: { phase: 'connecting' },
    webhook: null,
  });
});

it('knows from the poller before when the last message came', () => {
  const before = open();
  before.update({ lastMessageAt: 5, lastDeliveredAt: 6 });
  before.stop();
  open();
  expect(read()).toMatchObject({ lastMessageAt: 5, lastDeliveredAt: 6, lastError: null });
});
