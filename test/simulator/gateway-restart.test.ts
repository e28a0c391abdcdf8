import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Child, startSimulator } from './child.ts';
import { connectSocket, openSocket, type SocketClient } from './socket-client.ts';

let dir: string;
let child: Child;
let client: SocketClient;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'gateway-restart-'));
  await start();
});
afterEach(async () => {
  await child.stop('SIGKILL');
  rmSync(dir, { recursive: true });
});

async function start(...more: string[]): Promise<void> {
  child = await startSimulator(['gateway', '--state', dir, '--token', 'secret', ...more]);
  client = await connectSocket(child.url);
}
async function crash(...more: string[]): Promise<void> {
  await child.stop('SIGKILL');
  expect((await client.closed).code).toBe(1006);
  await start(...more);
}

const sessionKey = 'agent:main:kapso:direct:+15551234567';
const agent = (idempotencyKey: string, message: string, id = idempotencyKey) =>
  client.request('agent', { sessionKey, idempotencyKey, message }, id);
const wait = async (runId: string, timeoutMs = 30_000) =>
  (await client.request('agent.wait', { runId, timeoutMs })).payload;
const history = async () => (await client.request('chat.history', { sessionKey })).payload;
const control = async (path: string) =>
  (await fetch(`${child.url.replace('ws', 'http')}/__sim/${path}`)).json() as Promise<ReturnType<typeof JSON.parse>>;

describe('after SIGKILL', () => {
  it('the transcript is there, and the memory of keys and results is not', async () => {
    await agent('k', 'hello');
    await wait('k');
    await crash();
    expect((await history()).messages).toHaveLength(2);
    expect(await wait('k', 0)).toEqual({ runId: 'k', status: 'timeout' });
    expect((await agent('k', 'hello')).payload.status).toBe('accepted');
    await wait('k');
    const { messages } = await history();
    expect(messages.filter((row: { idempotencyKey?: string }) => row.idempotencyKey === 'k:user')).toHaveLength(1);
    expect((await control('runs')).runs).toMatchObject([{ executions: 2 }, { executions: 2, order: 2 }]);
  });

  it('with a memory of no time, a key is forgotten when its run has ended', async () => {
    await crash('--memory', '0');
    await agent('k', 'hello');
    await control('wait?runs=1&timeout=30000');
    expect(await wait('k', 0)).toEqual({ runId: 'k', status: 'timeout' });
    expect((await agent('k', 'hello', 'again')).payload.status).toBe('accepted');
  });

  it('runs that began in the same moment and ended are known as ended, and not taken up again', async () => {
    const keys = Array.from({ length: 12 }, (_, n) => `k${n}`);
    await Promise.all(
      keys.map((key, n) =>
        client.request('agent', { sessionKey: `agent:main:many:${n}`, idempotencyKey: key, message: 'hello' }, key),
      ),
    );
    for (const key of keys) expect((await wait(key)).status).toBe('ok');
    await crash();
    const { runs } = await control('runs');
    expect(runs.map((run: { status: string }) => run.status)).toEqual(keys.map(() => 'ok'));
    expect(new Set(runs.map((run: { order: number }) => run.order)).size).toBe(keys.length);
  });

  it('a run that was going on is taken up again under a new id, after a note', async () => {
    await agent('k', '[[slow 5000]] hello');
    await control('wait?for=started');
    await crash();
    await control('wait?runs=1&timeout=30000');
    const { messages, sessionInfo } = await history();
    expect(messages).toMatchObject([
      { role: 'user', idempotencyKey: 'k:user' },
      {
        role: 'user',
        content: expect.stringMatching(/^\[System\] Your previous turn was interrupted by a gateway restart/),
      },
      { role: 'assistant', stopReason: 'stop', content: [{ text: 'You said: [[slow 5000]] hello' }] },
    ]);
    const { runId } = messages[2].__openclaw;
    expect(runId).not.toBe('k');
    expect(messages[1].idempotencyKey).toBe(`${runId}:user`);
    expect(sessionInfo).toMatchObject({ hasActiveRun: false, status: 'done' });
    expect((await control('runs')).runs).toMatchObject([
      { key: 'k', status: 'lost', recovery: false },
      { key: 'k', status: 'ok', recovery: true, runId },
    ]);
  });

  it('an input that waited is interrupted: its key is refused for good, and a new key is taken', async () => {
    await agent('k1', '[[slow 2000]]');
    await agent('k2', 'waiting');
    await crash();
    expect((await history()).pendingInputs.items).toMatchObject([{ runId: 'k2', state: 'interrupted' }]);
    for (let tries = 0; tries < 2; tries += 1) {
      const { error } = await agent('k2', 'waiting', `try ${tries}`);
      expect(error).toEqual({
        code: 'UNAVAILABLE',
        message: 'Pending input ownership ended; submit a new turn to continue',
      });
      if (tries === 0) await crash();
    }
    await agent('k2:2', 'waiting');
    expect(await wait('k2:2')).toMatchObject({ status: 'ok' });
  });

  it('an input whose run had not begun when the ack came is interrupted too', async () => {
    await child.stop('SIGTERM');
    await start('--start-delay', '60000');
    expect((await agent('k', 'hello')).payload.status).toBe('accepted');
    await crash();
    const { messages, pendingInputs } = await history();
    expect(messages).toEqual([]);
    expect(pendingInputs.items).toMatchObject([{ runId: 'k', state: 'interrupted' }]);
    expect((await control('runs')).runs).toEqual([]);
  });
});

describe('after SIGTERM', () => {
  it('says goodbye with 1012 and ends with 0 when idle', async () => {
    const ended = child.stop('SIGTERM');
    expect((await client.event('shutdown')).payload).toEqual({ reason: 'gateway stopping' });
    expect(await client.closed).toEqual({ code: 1012, reason: 'service restart' });
    expect(await ended).toBe(0);
  });

  it('lets what runs end, refuses everything else, and leaves what waited interrupted', async () => {
    await agent('k1', '[[slow 1500]] hello');
    await agent('k2', 'waiting');
    await control('wait?for=started');
    const ended = child.stop('SIGTERM');
    // Refused from the moment the process has seen the signal.
    for (;;) {
      const { error } = await client.request('health');
      if (!error) continue;
      expect(error).toMatchObject({
        code: 'UNAVAILABLE',
        retryable: true,
        retryAfterMs: 1000,
        details: { reason: 'gateway-restarting' },
      });
      break;
    }
    expect((await openSocket(child.url).closed).code).toBe(1006);
    expect((await client.response('k1')).payload).toMatchObject({ runId: 'k1', status: 'ok' });
    expect((await client.closed).code).toBe(1012);
    expect(await ended).toBe(0);
    await start();
    const { messages, pendingInputs } = await history();
    expect(messages).toHaveLength(2);
    expect(pendingInputs.items).toMatchObject([{ runId: 'k2', state: 'interrupted' }]);
  });
});
