import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Agent, createEchoAgent } from '../../src/simulator/echo-agent.ts';
import { type GatewayOptions, type GatewaySimulator, startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { manualClock } from '../manual-clock.ts';
import { connectParams, connectSocket, type SocketClient } from './socket-client.ts';

const clock = manualClock(Date.parse('2026-11-22T12:00:00.000Z'));
let gateway: GatewaySimulator;
let client: SocketClient;
/** Lets the run with this text end, once it has begun. */
let gates: Map<string, PromiseWithResolvers<void>>;

const gate = (text: string) => {
  const known = gates.get(text) ?? Promise.withResolvers<void>();
  gates.set(text, known);
  return known;
};

/** An echo that holds a message `hold NAME` until the test lets it go. */
const held: Agent = async turn => {
  if (turn.text.startsWith('hold ')) await gate(turn.text).promise;
  if (turn.text === 'throw') throw new Error('the model is away');
  return createEchoAgent({ cli: null })(turn);
};

async function begin(options: Partial<GatewayOptions> = {}): Promise<void> {
  gates = new Map();
  gateway = await startGatewaySimulator({ token: 'secret', clock, reply: held, ...options });
  client = await connectSocket(gateway.url);
}
beforeEach(() => begin());
afterEach(() => gateway.close());

const session = 'agent:main:kapso:direct:+15551234567';
const agent = (idempotencyKey: string, message: string, more: object = {}) =>
  client.request(
    'agent',
    { sessionKey: session, idempotencyKey, message, ...more },
    `agent ${idempotencyKey} ${Math.random()}`,
  );
const wait = async (runId: string) => (await client.request('agent.wait', { runId, timeoutMs: 60_000 })).payload;
const history = async (more: object = {}) =>
  (await client.request('chat.history', { sessionKey: session, ...more })).payload;
const control = async (method: string, path: string, body?: object) => {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  return (await fetch(`${gateway.controlUrl}/__sim/${path}`, init)).json() as Promise<ReturnType<typeof JSON.parse>>;
};

describe('agent', () => {
  it('accepts at once, and answers a second time under the same id when the run has ended', async () => {
    const first = await client.request('agent', { sessionKey: session, idempotencyKey: 'k', message: 'hello' }, 'x');
    expect(first.payload).toEqual({
      runId: 'k',
      sessionKey: session,
      agentId: 'main',
      status: 'accepted',
      acceptedAt: clock.now(),
    });
    expect((await client.response('x')).payload).toMatchObject({
      runId: 'k',
      status: 'ok',
      summary: 'completed',
      result: { payloads: [{ text: 'You said: hello' }] },
    });
  });

  it('runs a key once: in_flight while it runs, the stored result afterwards, also for another text', async () => {
    await agent('k', 'hold 1');
    expect((await agent('k', 'hold 1')).payload).toMatchObject({ runId: 'k', status: 'in_flight' });
    gate('hold 1').resolve();
    await wait('k');
    expect((await agent('k', 'other')).payload).toMatchObject({ status: 'ok', summary: 'completed' });
    expect(gateway.runs()).toHaveLength(1);
  });

  it('forgets an ended key after its memory is over, and then runs it again without a second user row', async () => {
    await agent('k', 'hello');
    await wait('k');
    clock.advance(5 * 60_000 + 1);
    expect((await agent('k', 'hello')).payload.status).toBe('accepted');
    await wait('k');
    const { messages } = await history();
    expect(messages.map((row: { role: string }) => row.role)).toEqual(['user', 'assistant', 'assistant']);
    expect((await control('GET', 'runs')).runs).toMatchObject([{ executions: 2 }, { executions: 2 }]);
  });

  it('keeps the order of a busy session and shows what waits; other sessions go on', async () => {
    for (const n of [1, 2, 3]) await agent(`k${n}`, `hold ${n}`);
    expect(await history({ inputRunIds: ['k2', 'k1'] })).toMatchObject({
      sessionInfo: { hasActiveRun: true, status: 'running' },
      inFlightRun: { runId: 'k1' },
      pendingInputs: {
        total: 2,
        items: [
          { runId: 'k2', state: 'queued' },
          { runId: 'k3', state: 'queued' },
        ],
      },
      inputReceipts: [{ runId: 'k2', state: 'pending' }],
    });
    await agent('other', 'hello', { sessionKey: 'agent:main:other' });
    await wait('other');
    for (const n of [3, 2, 1]) gate(`hold ${n}`).resolve();
    await wait('k3');
    expect(
      gateway
        .runs()
        .filter(run => run.session === session)
        .map(({ key }) => key),
    ).toEqual(['k1', 'k2', 'k3']);
    expect((await history()).sessionInfo).toMatchObject({ hasActiveRun: false, activeRunIds: [], status: 'done' });
  });

  it('pages what waits by twenty', async () => {
    await agent('k0', 'hold 0');
    for (let n = 1; n <= 25; n += 1) await agent(`k${n}`, 'x');
    const { pendingInputs } = await history();
    expect(pendingInputs).toMatchObject({ total: 25, nextBefore: expect.any(Number) });
    expect(pendingInputs.items).toHaveLength(20);
    const older = (await history({ pendingBefore: pendingInputs.nextBefore })).pendingInputs;
    expect(older.items.map((item: { runId: string }) => item.runId)).toEqual(['k1', 'k2', 'k3', 'k4', 'k5']);
    expect(older.nextBefore).toBeUndefined();
    gate('hold 0').resolve();
    await wait('k25');
  });

  it('refuses a message that starts with a command for administrators, and takes one that does not', async () => {
    for (const message of ['/new', '/reset now']) {
      expect((await agent('k', message)).error?.details).toMatchObject({
        code: 'MISSING_SCOPE',
        missingScope: 'operator.admin',
      });
    }
    await agent('k', 'From: Bob (+1555)\n\n> /new');
    expect(await wait('k')).toMatchObject({ terminalReply: { text: 'You said: /new' } });
  });

  it.each([
    ['an unknown property', { extra: 1 }],
    ['an empty message', { message: '' }],
    ['an empty key', { idempotencyKey: '' }],
    ['a model', { model: 'x' }],
    ['a file that is no image', { attachments: [{ type: 'file', mimeType: 'application/pdf', content: '' }] }],
    ['another agent', { sessionKey: 'agent:other:x' }],
    ['a malformed session', { sessionKey: 'agent::x' }],
  ])('refuses %s', async (_, change) => {
    expect((await agent('k', 'hello', change)).error?.code).toBe('INVALID_REQUEST');
    expect(gateway.runs()).toEqual([]);
  });

  it('makes session keys canonical', async () => {
    for (const [sessionKey, canonical] of [
      ['main', 'agent:main:main'],
      ['Bob', 'agent:main:bob'],
      ['agent:main:KAPSO', 'agent:main:kapso'],
    ]) {
      expect((await agent(`k ${sessionKey}`, 'x', { sessionKey })).payload.sessionKey).toBe(canonical);
    }
  });

  it('ends a run that takes longer than it was given', async () => {
    await agent('k', '[[hang]]', { timeout: 1 });
    await control('GET', 'wait?for=started&count=1');
    await expect.poll(() => clock.pending()).toContain(clock.now() + 1000);
    const waiting = wait('k');
    clock.advance(1000);
    expect(await waiting).toMatchObject({
      status: 'timeout',
      timeoutPhase: 'provider',
      error: expect.stringContaining('timed out'),
    });
  });
});

describe('agent.wait', () => {
  it('says timeout of a run that goes on, and of one it does not know', async () => {
    await agent('k', 'hold 1');
    for (const runId of ['k', 'unknown']) {
      const asked = client.request('agent.wait', { runId, timeoutMs: 1000 });
      await expect.poll(() => clock.pending()).toContain(clock.now() + 1000);
      clock.advance(1000);
      expect((await asked).payload).toEqual({ runId, status: 'timeout' });
    }
    gate('hold 1').resolve();
    expect(await wait('k')).toMatchObject({ status: 'ok' });
  });

  it.each([
    ['hello', { status: 'ok', terminalReply: { disposition: 'visible', text: 'You said: hello' } }],
    ['[[silent]]', { status: 'error', error: 'failed', terminalReply: { disposition: 'silent' } }],
    ['[[fail]]', { status: 'error', error: expect.stringContaining('LLM request failed') }],
    ['throw', { status: 'error', error: 'the model is away' }],
    [
      '[[fail-late]]',
      { status: 'error', terminalReceipt: { successfulToolNames: ['exec'] }, terminalReply: { disposition: 'empty' } },
    ],
  ])('tells the end of %s', async (message, end) => {
    await agent('k', message);
    expect(await wait('k')).toMatchObject({ runId: 'k', endedAt: clock.now(), ...end });
  });

  it('gives no receipt for a run that failed before any tool', async () => {
    await agent('k', '[[fail]]');
    expect(await wait('k')).not.toHaveProperty('terminalReceipt');
  });
});

describe('chat.history', () => {
  it('is empty for a session that was never used', async () => {
    expect(await history()).toMatchObject({
      messages: [],
      totalMessages: 0,
      pendingInputs: { items: [], total: 0 },
      sessionInfo: { hasActiveRun: false },
    });
  });

  it('has the rows of a run in the recorded form', async () => {
    await agent('k', 'hello');
    await wait('k');
    expect((await history()).messages).toEqual([
      {
        role: 'user',
        content: 'hello',
        timestamp: clock.now(),
        idempotencyKey: 'k:user',
        __openclaw: expect.objectContaining({ seq: 1, idempotencyKey: 'k:user' }),
      },
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'You said: hello' }],
        model: 'echo',
        stopReason: 'stop',
        timestamp: clock.now(),
        __openclaw: expect.objectContaining({ seq: 2, runId: 'k' }),
      },
    ]);
  });

  it('does not show the row of an agent that chose to be silent, but counts it', async () => {
    await agent('k', '[[silent]]');
    await wait('k');
    const { messages, totalMessages } = await history();
    expect(messages).toHaveLength(1);
    expect(totalMessages).toBe(2);
  });

  it('shows a failure under a key of its own', async () => {
    await agent('k', '[[fail]]');
    await wait('k');
    expect((await history()).messages[1]).toMatchObject({ stopReason: 'error', idempotencyKey: 'k:terminal-error' });
  });

  it('is read from its end, page by page', async () => {
    for (const n of [1, 2, 3]) await agent(`k${n}`, `${n}`);
    await wait('k3');
    const last = await history({ limit: 2 });
    expect(last).toMatchObject({ hasMore: true, messages: [{ content: '3' }, {}] });
    const before = await history({ limit: 10, offset: last.nextOffset });
    expect(before).toMatchObject({ hasMore: false, messages: [{ content: '1' }, {}, { content: '2' }, {}] });
  });
});

describe('other methods and events', () => {
  it('answers an unknown method as a missing scope', async () => {
    for (const method of ['nope', 'toString']) {
      expect((await client.request(method)).error).toMatchObject({
        code: 'FORBIDDEN',
        details: { code: 'MISSING_SCOPE', missingScope: 'operator.admin' },
      });
    }
  });

  it('says of real methods that it does not play them', async () => {
    expect((await client.request('chat.send', {})).error?.message).toBe('chat.send is not part of the simulator');
    expect((await client.request('health')).payload).toMatchObject({ ok: true });
  });

  it('sends a run’s events to every connection that may read, and to no other', async () => {
    const reader = await connectSocket(gateway.url);
    const writer = await connectSocket(gateway.url, { ...connectParams, scopes: ['operator.write'] });
    await agent('k', 'hello');
    const { payload, seq } = await reader.next(frame => frame.event === 'chat');
    expect(payload).toMatchObject({ runId: 'k', sessionKey: session, state: 'final' });
    expect(seq).toEqual(expect.any(Number));
    await wait('k');
    await writer.request('health');
    const seen = await Promise.race([writer.next(frame => frame.type === 'event'), Promise.resolve('nothing')]);
    expect(seen).toBe('nothing');
  });
});

describe('a client that goes away', () => {
  it('finds its run again', async () => {
    await agent('k', 'hold 1');
    expect(await control('POST', 'drop-connections')).toEqual({ dropped: 1 });
    expect((await client.closed).code).toBe(1006);
    client = await connectSocket(gateway.url);
    expect((await agent('k', 'hold 1')).payload.status).toBe('in_flight');
    gate('hold 1').resolve();
    expect(await wait('k')).toMatchObject({ terminalReply: { text: 'You said: hold 1' } });
  });

  it.each([
    ['drop', 0],
    ['drop-after', 1],
  ])('can be made not to know whether its run was taken: %s', async (action, taken) => {
    await control('POST', 'faults', { method: 'agent', do: action });
    void agent('k', 'hello');
    expect((await client.closed).code).toBe(1006);
    client = await connectSocket(gateway.url);
    await client.request('health');
    const { counts } = await control('GET', 'state');
    expect(counts.accepted ?? 0).toBe(taken);
  });

  it('can be given any error', async () => {
    const error = { code: 'UNAVAILABLE', message: 'later', retryable: true, retryAfterMs: 5 };
    await control('POST', 'faults', { method: 'agent', error });
    expect((await agent('k', 'hello')).error).toEqual(error);
    expect((await agent('k', 'hello')).payload.status).toBe('accepted');
  });
});

describe('images of a run', () => {
  const image = {
    type: 'image',
    mimeType: 'image/png',
    fileName: 'a.png',
    content: Buffer.from('pixels').toString('base64'),
  };
  const refusalOf = async (attachment: object) =>
    (await agent('k', 'look', { attachments: [{ ...image, ...attachment }] })).error;

  it('are seen by the model, and shown by their hash', async () => {
    await agent('k', 'look', { attachments: [image] });
    await wait('k');
    const { runs } = await control('GET', 'runs');
    expect(runs).toMatchObject([{ key: 'k', images: [{ mimeType: 'image/png', fileName: 'a.png', bytes: 6 }] }]);
  });

  it.each([
    [{ mimeType: 'application/pdf' }, 'non-image attachments (application/pdf) are not supported on this entrypoint'],
    [{ content: '' }, 'UnsupportedAttachmentError: attachment a.png: empty payload'],
    [{ content: 'not base64!' }, 'attachment a.png: invalid base64 content'],
    [{ content: 7 }, 'attachment a.png: content must be base64 string'],
    [{ content: Buffer.alloc(6_291_457).toString('base64') }, 'image exceeds size limit (6291457 > 6291456 bytes)'],
  ])('are refused as the gateway does: %j', async (attachment, message) => {
    expect(await refusalOf(attachment)).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining(message),
    });
  });

  it('are refused where the model sees none', async () => {
    await control('POST', 'config', { seesImages: false });
    expect(await refusalOf({})).toMatchObject({ message: expect.stringContaining('does not accept image inputs') });
  });
});
