import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createOwnSends } from '../../src/delivery/own-sends/own-sends.ts';
import { createKapsoClient } from '../../src/kapso/client.ts';
import { openTransport } from '../../src/kapso/http/open-transport.ts';
import { startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { readMarks } from '../../src/state/send-marks.ts';
import {
  type Answer,
  type ApiServer,
  accepted,
  account,
  apiKey,
  bundle,
  runCli,
  startApi,
  startCli,
} from './program.ts';

const number = '647000000000001';
const args = ['send', '--to', '+5491123456789', '--text', 'Hello'];
let stateDir: string;
let server: ApiServer;
const marks = () => readMarks(stateDir, { since: 0 });
const start = async (answer: (post: number) => Answer | null) => {
  server = await startApi(answer);
  return { ...account(server), KAPSO_STATE_DIR: stateDir };
};

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'send-marks-'));
});
afterEach(async () => {
  await server?.close();
  rmSync(stateDir, { recursive: true, force: true });
});

test('a send leaves a mark with its recipient and ids, before it asks Kapso and after', async () => {
  const during: ReturnType<typeof marks> = [];
  const env = await start(post => {
    during.push(...marks());
    return accepted(post);
  });
  expect(await runCli(args, { env })).toMatchObject({ code: 0, stdout: 'wamid.OUT1\n' });
  const mark = { account: number, contact: '+541123456789', pid: expect.any(Number), begunAt: expect.any(Number) };
  expect(during).toEqual([{ ...mark, state: 'sending', ids: [] }]);
  expect(marks()).toEqual([{ ...mark, state: 'sent', ids: ['wamid.OUT1'] }]);
});

test('a send to a group goes to the group, and its mark says so', async () => {
  const env = await start(accepted);
  expect(await runCli(['send', '--group', 'Y2Fw=', '--text', 'Hello'], { env })).toMatchObject({ code: 0 });
  expect(server.posts).toMatchObject([{ body: { recipient_type: 'group', to: 'Y2Fw=' } }]);
  expect(marks()).toMatchObject([{ contact: 'group:Y2Fw=', state: 'sent', ids: ['wamid.OUT1'] }]);
  expect(await runCli(['send', '--group', '+15551234567', '--text', 'Hello'], { env })).toMatchObject({ code: 64 });
  expect(server.posts).toHaveLength(1);
});

test('who only gets a reaction gets no mark: the poller still sends the text of the run', async () => {
  const env = await start(accepted);
  const react = ['send', '--to', '+15551234567', '--react', '👍', '--to-message', 'wamid.IN1'];
  expect(await runCli(react, { env })).toMatchObject({ code: 0, stdout: 'wamid.OUT1\n' });
  expect(marks()).toEqual([]);
  const place = ['send', '--to', '+15551234567', '--location', '52.5,13.4'];
  expect(await runCli(place, { env })).toMatchObject({ code: 0 });
  expect(marks()).toMatchObject([{ contact: '+15551234567', state: 'sent', ids: ['wamid.OUT2'] }]);
});

test('the mark says that nothing was sent, or that it is not known', async () => {
  const refused = await start(() => ({ status: 401, body: { error: 'no' } }));
  await runCli(args, { env: refused });
  expect(marks()).toMatchObject([{ state: 'failed', ids: [] }]);
  await server.close();
  const silent = await start(() => null);
  const child = startCli(args, silent);
  while (server.posts.length === 0) await new Promise(resolve => setTimeout(resolve, 20));
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
  expect(
    marks()
      .map(({ state }) => state)
      .sort(),
  ).toEqual(['failed', 'unknown']);
});

test('without a state directory the send is as before, and makes none', async () => {
  const env = await start(accepted);
  rmSync(stateDir, { recursive: true });
  expect(await runCli(args, { env })).toEqual({ code: 0, stdout: 'wamid.OUT1\n', stderr: '' });
  expect(marks()).toEqual([]);
});

test('another user who may not write there sends as before', async context => {
  const env = await start(accepted);
  const copy = mkdtempSync(join(tmpdir(), 'send-program-'));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  cpSync(dirname(bundle), copy, { recursive: true });
  chmodSync(copy, 0o755);
  const run = (what: string[]) => {
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups', '--', process.execPath];
    return spawn('setpriv', [...user, ...what], { env: { ...env, HOME: '/nonexistent', PATH: process.env.PATH } });
  };
  // Only root can become another user, and only where that user may read this Node.js.
  const [possible] = await once(run(['-e', '0']), 'close');
  if (possible !== 0) return context.skip('another user cannot be had here');
  const child = run([join(copy, basename(bundle)), ...args]);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect({ stdout, stderr }).toEqual({ stdout: 'wamid.OUT1\n', stderr: '' });
  expect(readdirSync(stateDir)).toEqual([]);
});

test('what the command line has sent is found by its mark, and without one in the list of Kapso', async () => {
  server = await startApi(accepted);
  const kapso = await startKapsoSimulator({ apiKey, phoneNumberId: number });
  onTestFinished(() => kapso.close());
  const begunAt = Date.now();
  const sent = await runCli(args, { env: { ...account(kapso), KAPSO_STATE_DIR: stateDir } });
  const ids = [sent.stdout.trim()];
  const client = createKapsoClient({
    ...{ baseUrl: kapso.url, apiVersion: 'v24.0', apiKey, phoneNumberId: number },
    ...{ transport: openTransport({ proxy: null }), clock: systemClock },
  });
  const empty = join(stateDir, 'empty');
  mkdirSync(empty);
  const call = { name: 'exec', command: 'true', output: '', failed: false, exitCode: null, refused: false };
  const run = { calls: [call], contact: '+541123456789', address: '+5491123456789', begunAt, endedAt: Date.now() };
  const ask = (dir: string) =>
    createOwnSends({ account: number, stateDir: dir, kapso: client, clock: systemClock })(
      run,
      () => false,
      new AbortController().signal,
    );
  expect(await ask(stateDir)).toEqual({ kind: 'sent', ids });
  expect(await ask(empty)).toEqual({ kind: 'sent', ids });
});
