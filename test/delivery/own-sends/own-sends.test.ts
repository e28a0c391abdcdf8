import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ToolCall } from '../../../src/agents/agent.ts';
import { createOwnSends } from '../../../src/delivery/own-sends/own-sends.ts';
import { KapsoWhatsappError } from '../../../src/errors.ts';
import type { ListedMessage } from '../../../src/kapso/outbound/listed.ts';
import { forgetMarks, leaveMark, readMarks } from '../../../src/state/send-marks.ts';
import { manualClock } from '../../manual-clock.ts';

const account = '647000000000001';
const contact = '+15551234567';
const day = 86_400_000;
const begunAt = 1_800_000_000_000;
const tool: ToolCall = { name: 'exec', command: 'true', output: '', failed: false, exitCode: null, refused: false };
const open: ToolCall = { ...tool, command: `kapso-whatsapp-cli send --to ${contact} hi`, failed: true, exitCode: 75 };
const row = (more: Partial<ListedMessage> = {}): ListedMessage => ({
  ...{ id: 'wamid.L', to: '15551234567', userId: null, mark: null, type: 'text', origin: 'cloud_api' },
  ...more,
});

interface Case {
  calls?: readonly ToolCall[] | null;
  rows?: readonly (readonly ListedMessage[] | null | Error)[];
  taken?: string[];
}

/** Asks at the run's end, and lets time pass until it is known. `rows` are the lists that Kapso shows, the last one for good. */
async function ask({ calls = [tool], rows = [[]], taken = [] }: Case, mark?: (stateDir: string) => void) {
  const stateDir = mkdtempSync(join(tmpdir(), 'own-sends-'));
  mark?.(stateDir);
  const clock = manualClock(begunAt + 5000);
  let readings = 0;
  const listSent = async (since: number) => {
    expect(since).toBe(begunAt);
    const answer = rows[Math.min(readings, rows.length - 1)] ?? null;
    readings += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const find = createOwnSends({ account, stateDir, kapso: { listSent }, clock });
  const run = { calls, contact, address: contact, begunAt, endedAt: begunAt + 5000 };
  let settled = false;
  const asked = find(run, async id => taken.includes(id), new AbortController().signal).finally(() => {
    settled = true;
  });
  asked.catch(() => {});
  for (; !settled; await setImmediate()) clock.advance(clock.pending().length > 0 ? 500 : 0);
  return { found: await asked, readings, after: clock.now() - run.endedAt };
}

const sent = (...ids: string[]) => ({ kind: 'sent', ids });
const left = (more: Partial<Parameters<typeof leaveMark>[1]> = {}) => ({
  account,
  contact,
  begunAt: begunAt + 1,
  ...more,
});

test('a reaction is no answer', async () => {
  expect((await ask({ rows: [[row({ type: 'reaction' })]] })).found).toEqual({ kind: 'none' });
  expect((await ask({ rows: [[row({ type: 'image' })]] })).found).toEqual(sent('wamid.L'));
});

test('a run without tools has sent nothing, and nothing is asked', async () => {
  expect(await ask({ calls: [] })).toEqual({ found: { kind: 'none' }, readings: 0, after: 0 });
});

test('the record of the run decides first', async () => {
  const call = { ...open, exitCode: null, failed: false, output: 'wamid.R' };
  expect(await ask({ calls: [call] })).toEqual({ found: sent('wamid.R'), readings: 0, after: 0 });
});

test("what Kapso's list shows to this contact is the run's, at once", async () => {
  expect(await ask({ rows: [[row()]] })).toEqual({ found: sent('wamid.L'), readings: 1, after: 0 });
  expect((await ask({ calls: null, rows: [[row({ to: '+1 555 123-4567' })]] })).found).toEqual(sent('wamid.L'));
});

test.each<[string, ListedMessage]>([
  ['to somebody else', row({ to: '15550000000' })],
  ['by a person on the phone of the business', row({ origin: 'business_app' })],
  ["of the poller's outbox", row({ mark: 'reply-1-x' })],
  ['that answers another message', row({ id: 'wamid.TAKEN' })],
])('a message %s is not', async (_, other) => {
  expect((await ask({ rows: [[other]], taken: ['wamid.TAKEN'] })).found).toEqual({ kind: 'none' });
});

test('absence counts only some seconds after the end: the list may lag', async () => {
  expect(await ask({ rows: [[], [], [row()]] })).toMatchObject({ found: sent('wamid.L'), readings: 3 });
  const { found, after } = await ask({});
  expect(found).toEqual({ kind: 'none' });
  expect(after).toBeGreaterThanOrEqual(8000);
});

test('without the list nothing can be said', async () => {
  const error = new KapsoWhatsappError('KAPSO_UNREACHABLE', 'no route');
  expect((await ask({ rows: [error] })).found).toMatchObject({
    kind: 'ask again',
    reason: expect.stringContaining('no route'),
  });
  // It never becomes less: an operator must look.
  expect((await ask({ rows: [null] })).found).toMatchObject({ kind: 'unclear' });
  await expect(ask({ rows: [new TypeError('a defect')] })).rejects.toThrow('a defect');
});

test('a send without a clear end stays unclear, unless the list or the mark settles it', async () => {
  expect((await ask({ calls: [open] })).found).toMatchObject({ kind: 'unclear' });
  expect((await ask({ calls: [open], rows: [[], [row()]] })).found).toEqual(sent('wamid.L'));
  const failed = await ask({ calls: [open] }, dir => leaveMark(dir, left())({ state: 'failed', ids: [] }));
  expect(failed.found).toEqual({ kind: 'none' });
});

test("the command line's mark tells of a send that the record does not show", async () => {
  const mark = (dir: string) => leaveMark(dir, left())({ state: 'sent', ids: ['wamid.M'] });
  expect(await ask({ calls: null }, mark)).toEqual({ found: sent('wamid.M'), readings: 0, after: 0 });
  expect((await ask({ taken: ['wamid.M'] }, mark)).found).toEqual({ kind: 'none' });
});

test.each<[string, Partial<Parameters<typeof leaveMark>[1]>]>([
  ['of another number', { account: '1' }],
  ['of another contact', { contact: '+15550000000' }],
  ['of a contact that is only an id', { contact: 'US.1349' }],
  ['of before the run', { begunAt: begunAt - 1 }],
  ['of after the run', { begunAt: begunAt + 60_000 }],
])('a mark %s counts for nothing', async (_, more) => {
  const mark = (dir: string) => leaveMark(dir, left(more))({ state: 'sent', ids: ['wamid.M'] });
  expect((await ask({}, mark)).found).toEqual({ kind: 'none' });
});

test('a send that is under way is asked for again; one whose process is gone is unclear', async () => {
  expect((await ask({}, dir => void leaveMark(dir, left()))).found).toMatchObject({ kind: 'ask again' });
  const gone = (dir: string) => {
    mkdirSync(join(dir, 'sends'));
    const mark = { account, contact, pid: 4_194_305, begunAt: begunAt + 1, state: 'sending', ids: [] };
    writeFileSync(join(dir, 'sends', `${mark.begunAt.toString(36)}-1-a`), JSON.stringify(mark));
  };
  expect((await ask({}, gone)).found).toMatchObject({ kind: 'unclear' });
});

test('marks are private, are removed after a day, and damage nothing when they are damaged', () => {
  const dir = mkdtempSync(join(tmpdir(), 'send-marks-'));
  leaveMark(dir, left({ begunAt: begunAt - day - 1 }));
  leaveMark(dir, left())({ state: 'unknown', ids: ['wamid.1'] });
  const [, name = ''] = readdirSync(join(dir, 'sends')).sort();
  expect(statSync(join(dir, 'sends')).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, 'sends', name)).mode & 0o777).toBe(0o600);
  writeFileSync(join(dir, 'sends', `${begunAt.toString(36)}-2-x`), '{"half');
  writeFileSync(join(dir, 'sends', 'README'), 'not ours');
  forgetMarks(dir, begunAt);
  const found = readMarks(dir, { since: begunAt });
  expect(found).toEqual([
    { account, contact, pid: process.pid, begunAt: begunAt + 1, state: 'unknown', ids: ['wamid.1'] },
  ]);
  expect(readdirSync(join(dir, 'sends'))).toHaveLength(3);
});

test('what root left when it was killed while it made the directory of the marks is removed, and nothing else', () => {
  const dir = mkdtempSync(join(tmpdir(), 'send-marks-'));
  for (const name of ['sends-aB3x9Z', 'sends', 'sends-of-mine', 'other']) mkdirSync(join(dir, name));
  forgetMarks(dir, begunAt);
  expect(readdirSync(dir).toSorted()).toEqual(['other', 'sends', 'sends-of-mine']);
});

test('no mark is left where there is no state directory, or a file in its place', () => {
  const dir = mkdtempSync(join(tmpdir(), 'send-marks-'));
  leaveMark(join(dir, 'none'), left())({ state: 'sent', ids: [] });
  expect(existsSync(join(dir, 'none'))).toBe(false);
  writeFileSync(join(dir, 'sends'), '');
  chmodSync(join(dir, 'sends'), 0o600);
  leaveMark(dir, left())({ state: 'sent', ids: [] });
  expect(readMarks(dir, { since: 0 })).toEqual([]);
});
