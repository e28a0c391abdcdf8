import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgentGateway, GatewayError } from '../../../src/agents/agent.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';
import { type FakeGateway, refusal, startFakeGateway } from './fake-gateway.ts';
import { gatewayFor, keptLog, never, stateOf } from './gateway-fixture.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/openclaw');
const read = (name: string) => JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8'));
const waits = read('agent-wait') as Record<string, { runId: string }>;

let server: FakeGateway;
let gateway: AgentGateway;
let clock: ManualClock;
let log: ReturnType<typeof keptLog>;

beforeEach(async () => {
  server = await startFakeGateway({ maxPayload: 100_000 });
  clock = manualClock(0);
  log = keptLog();
  gateway = gatewayFor(server.url, { clock, log, runTimeout: 100_000 });
  gateway.start();
  await gateway.connected(never);
});
afterEach(async () => {
  await gateway.stop();
  await server.close();
});

const request = (runKey: string, message = 'hello') => ({
  sessionKey: 'agent:main:s',
  runKey,
  message,
  systemPrompt: 'sys',
});
/** A real gateway answers twice: when it has taken the run, and at its end. */
const accept = () =>
  server.on('agent', call => {
    const runId = call.params.idempotencyKey;
    call.answer({ runId, status: 'accepted' });
    call.answer({ runId, status: 'ok', result: { payloads: [] } });
  });
const history = (name: string) => server.on('chat.history', call => call.answer(read(`history-${name}`)));

/** A run that was taken, and whose `agent.wait` says what a real gateway said. */
async function outcome(kind: string, record?: string) {
  const answer = waits[kind];
  if (!answer) throw new Error(`no frame for ${kind}`);
  if (record) {
    accept();
    history(record);
    await gateway.run(request(answer.runId), never);
  }
  server.on('agent.wait', call => call.answer(answer));
  return gateway.wait(answer.runId, never);
}

describe('starting a run', () => {
  it('sends the message under its key to its session, and resolves on the acknowledgement', async () => {
    accept();
    await gateway.run(request('wamid.1', 'From: Bob'), never);
    expect((await server.next('agent')).params).toEqual({
      sessionKey: 'agent:main:s',
      idempotencyKey: 'wamid.1',
      message: 'From: Bob',
      extraSystemPrompt: 'sys',
    });
  });

  it.each(['in_flight', 'ok', 'error'])('takes the answer %s for a run that was there before', async status => {
    server.on('agent', call => call.answer({ runId: 'k', status }));
    await gateway.run(request('k'), never);
  });

  it('sends nothing that its guard forbids', async () => {
    accept();
    const refusal = new Error('another process has it');
    const forbid = () => {
      throw refusal;
    };
    await expect(gateway.run(request('k'), never, forbid)).rejects.toBe(refusal);
    await gateway.run(request('after'), never, () => undefined);
    expect((await server.next('agent')).params.idempotencyKey).toBe('after');
  });

  it('refuses what is too large for the gateway without sending it', async () => {
    accept();
    await expect(gateway.run(request('k', 'é'.repeat(50_000)), never)).rejects.toMatchObject({ kind: 'permanent' });
    await gateway.run(request('after'), never);
    expect((await server.next('agent')).params.idempotencyKey).toBe('after');
    expect(gateway.state.phase).toBe('connected');
  });

  const image = (size: number) => ({
    mimeType: 'image/png',
    fileName: 'photo.png',
    content: Buffer.alloc(size, 7),
  });

  it('hands over images in the form that the gateway takes', async () => {
    accept();
    await gateway.run({ ...request('k'), attachments: [image(5), image(6)] }, never);
    const { attachments } = (await server.next('agent')).params;
    const one = { type: 'image', mimeType: 'image/png', fileName: 'photo.png' };
    expect(attachments).toEqual([
      { ...one, content: Buffer.alloc(5, 7).toString('base64') },
      { ...one, content: Buffer.alloc(6, 7).toString('base64') },
    ]);
  });

  it('sends no field for images without one', async () => {
    accept();
    await gateway.run({ ...request('k'), attachments: [] }, never);
    expect(Object.keys((await server.next('agent')).params)).not.toContain('attachments');
  });

  it('does not give a message up whose images do not fit into a frame any more, and sends nothing', async () => {
    accept();
    const large = { ...request('k'), attachments: [image(75_000)] };
    await expect(gateway.run(large, never)).rejects.toMatchObject({ kind: 'refused' });
    await gateway.run({ ...request('after'), attachments: [image(74_000)] }, never);
    const { params, bytes } = await server.next('agent');
    expect(params.idempotencyKey).toBe('after');
    expect(bytes).toBeLessThan(100_000);
  });

  const refusals: [name: string, error: object, kind: string, retryAfter: number | null][] = [
    [
      'a gateway that restarts',
      refusal('UNAVAILABLE', { reason: 'gateway-restarting' }, { retryable: true, retryAfterMs: 1000 }),
      'away',
      1000,
    ],
    ['anything that says to try again', refusal('UNAVAILABLE', {}, { retryable: true }), 'away', 1000],
    [
      'a spent key',
      { code: 'UNAVAILABLE', message: 'Pending input ownership ended; submit a new turn to continue' },
      'key-spent',
      null,
    ],
    [
      'an unknown agent',
      { code: 'INVALID_REQUEST', message: 'Agent "x" no longer exists in configuration' },
      'unready',
      null,
    ],
    ['a malformed key', { code: 'INVALID_REQUEST', message: 'malformed session key "agent::x"' }, 'permanent', null],
    [
      'a wish for administration, of a text that asks for none',
      refusal('FORBIDDEN', { code: 'MISSING_SCOPE', missingScope: 'operator.admin' }),
      'refused',
      null,
    ],
    [
      'a scope that a newer gateway asks for',
      refusal('FORBIDDEN', { code: 'MISSING_SCOPE', missingScope: 'operator.agents' }),
      'unready',
      null,
    ],
    ['operators that are not let in', refusal('FORBIDDEN', { code: 'OPERATOR_ACCESS_DENIED' }), 'unready', null],
    ['null bytes', { code: 'INVALID_REQUEST', message: 'message must not contain null bytes' }, 'permanent', null],
    [
      'parameters that it does not know',
      { code: 'INVALID_REQUEST', message: 'invalid agent params: …' },
      'refused',
      null,
    ],
    ['anything else', { code: 'UNAVAILABLE', message: 'LLM request failed' }, 'refused', null],
  ];
  it.each(refusals)('maps %s', async (_, error, kind, retryAfter) => {
    server.on('agent', call => call.fail(error));
    const failed = gateway.run(request('k'), never);
    await expect(failed).rejects.toBeInstanceOf(GatewayError);
    await expect(failed).rejects.toMatchObject({ kind, retryAfter });
    expect(gateway.state.phase).toBe('connected');
  });

  it('refuses for good a text that begins with a command of the gateway', async () => {
    const error = refusal('FORBIDDEN', { code: 'MISSING_SCOPE', missingScope: 'operator.admin' });
    server.on('agent', call => call.fail(error));
    await expect(gateway.run(request('k', '/new'), never)).rejects.toMatchObject({ kind: 'permanent' });
  });

  it('blames a withdrawn scope on the connection, not on the message', async () => {
    const error = refusal('FORBIDDEN', { code: 'MISSING_SCOPE', missingScope: 'operator.write' });
    server.on('agent', call => call.fail(error));
    await expect(gateway.run(request('k'), never)).rejects.toMatchObject({ kind: 'away' });
    expect((await stateOf(gateway, state => state.phase !== 'connected')).phase).toBe('blocked');
  });

  it('is away while there is no connection, or when it is lost on the way', async () => {
    const lost = gateway.run(request('k'), never);
    const call = await server.next('agent');
    const gone = stateOf(gateway, state => state.phase === 'connecting');
    call.socket.terminate();
    await expect(lost).rejects.toMatchObject({ kind: 'away' });
    await gone;
    await expect(gateway.run(request('k'), never)).rejects.toMatchObject({ kind: 'away' });
  });

  it('ends with the signal', async () => {
    const abort = new AbortController();
    const stopped = gateway.run(request('k'), abort.signal);
    await server.next('agent');
    abort.abort(new Error('stopping'));
    await expect(stopped).rejects.toThrow('stopping');
  });
});

describe('the end of a run', () => {
  it('with a visible reply', async () => {
    expect(await outcome('visible', 'drained')).toEqual({ kind: 'ended', reply: 'hello there', calls: null });
  });
  it('with a long reply, whole: the answer to agent.wait has only its first 4096 characters', async () => {
    accept();
    const long = 'long '.repeat(2000).trim();
    const record = read('history-drained');
    record.messages.at(-1).content = [{ type: 'text', text: long }];
    server.on('chat.history', call => call.answer(record));
    const terminalReply = { disposition: 'visible', text: long.slice(0, 4096) };
    server.on('agent.wait', call => call.answer({ ...waits.visible, runId: 'busyterm', terminalReply }));
    expect(await gateway.wait('busyterm', never)).toEqual({ kind: 'unknown' });
    await gateway.run(request('busyterm'), never);
    expect(await gateway.wait('busyterm', never)).toEqual({ kind: 'ended', reply: long, calls: [] });
  });
  it('in silence', async () => {
    expect(await outcome('silent', 'silent')).toEqual({ kind: 'ended', reply: null, calls: null });
  });
  it('without a word', async () => {
    expect(await outcome('empty', 'empty')).toEqual({ kind: 'ended', reply: null, calls: null });
  });
  it('in silence after tools: the notice that the gateway writes in its place is no reply', async () => {
    expect(await outcome('tool-then-silent', 'tool-then-silent')).toEqual({ kind: 'ended', reply: null, calls: null });
  });
  it('with an error that forbids to try again when nothing is known of it', async () => {
    expect(await outcome('model-error')).toMatchObject({ kind: 'error', toolsRan: true });
  });
  it('stopped by somebody, which forbids to try again', async () => {
    expect(await outcome('aborted', 'aborted')).toEqual({ kind: 'error', reason: 'stopped (rpc)', toolsRan: true });
  });

  it('with an error before any tool, as the record shows', async () => {
    accept();
    server.on('agent.wait', call => call.answer({ ...waits['model-error'], runId: 'e4' }));
    history('model-error');
    await gateway.run(request('e4'), never);
    expect(await gateway.wait('e4', never)).toEqual({
      kind: 'error',
      reason: 'LLM request failed: provider rejected the request schema or tool payload.',
      toolsRan: false,
    });
  });

  it('with an error after a tool, which looks like an end without a word but for the record', async () => {
    accept();
    server.on('agent.wait', call => call.answer({ ...waits['tool-then-error'], runId: 'tf' }));
    history('tool-then-error');
    await gateway.run(request('tf'), never);
    expect(await gateway.wait('tf', never)).toEqual({ kind: 'error', reason: 'failed', toolsRan: true });
  });

  it('with an error after a tool that failed, which the receipt does not name', async () => {
    accept();
    const terminalReceipt = { successfulToolNames: [] };
    server.on('agent.wait', call => call.answer({ runId: 'tf', status: 'error', error: 'failed', terminalReceipt }));
    history('tool-then-error');
    await gateway.run(request('tf'), never);
    expect(await gateway.wait('tf', never)).toEqual({ kind: 'error', reason: 'failed', toolsRan: true });
  });

  it('without a word, of a run that an earlier process started: the record decides', async () => {
    expect(await outcome('empty')).toEqual({ kind: 'unknown' });
  });

  it('that the gateway has forgotten', async () => {
    expect(await outcome('unknown')).toEqual({ kind: 'unknown' });
    accept();
    history('never-used');
    await gateway.run(request('nope'), never);
    expect(await gateway.wait('nope', never)).toEqual({ kind: 'unknown' });
  });

  it('answered by another run', async () => {
    server.on('agent.wait', call => call.answer({ runId: 'k', status: 'ok', endedAt: 1 }));
    expect(await gateway.wait('k', never)).toEqual({ kind: 'unknown' });
  });
});

describe('a run that takes its time', () => {
  beforeEach(async () => {
    accept();
    history('running-and-queued');
    await gateway.run(request('run1'), never);
  });

  it('is asked for in slices of 45 s as long as the record shows it running, then given up', async () => {
    const waited = gateway.wait('run1', never);
    const asked: unknown[] = [];
    for (const length of [45_000, 45_000, 10_000]) {
      const call = await server.next('agent.wait');
      asked.push(call.params.timeoutMs);
      clock.advance(length);
      call.answer({ runId: 'run1', status: 'timeout' });
    }
    expect(await waited).toEqual({ kind: 'error', reason: 'no end after 100 s', toolsRan: true, mayStillRun: true });
    expect(asked).toEqual([45_000, 45_000, 10_000]);
  });

  it.each([24, -24])('is neither given up nor waited for longer when the clock is set by %i hours', async hours => {
    const waited = gateway.wait('run1', never);
    const first = await server.next('agent.wait');
    clock.set(hours * 3_600_000);
    clock.advance(45_000);
    first.answer({ runId: 'run1', status: 'timeout' });
    const second = await server.next('agent.wait');
    expect(second.params.timeoutMs).toBe(45_000);
    second.answer({ ...waits.visible, runId: 'run1' });
    expect(await waited).toEqual({ kind: 'ended', reply: 'hello there', calls: null });
  });

  it('is found ended in the record when the gateway has just forgotten it', async () => {
    history('killed-recovered');
    server.on('agent.wait', call => call.answer({ runId: 'run1', status: 'timeout' }));
    expect(await gateway.wait('run1', never)).toEqual({ kind: 'ended', reply: 'survived', calls: [] });
  });

  it('is not asked for in a tight loop by a gateway that answers at once', async () => {
    const waited = gateway.wait('run1', never);
    const before = clock.pending().length;
    (await server.next('agent.wait')).answer({ runId: 'run1', status: 'pending' });
    while (clock.pending().length === before) await new Promise(resolve => setImmediate(resolve));
    expect(clock.pending()[0]).toBe(1000);
    clock.advance(1000);
    (await server.next('agent.wait')).answer({ ...waits.visible, runId: 'run1' });
    expect(await waited).toEqual({ kind: 'ended', reply: 'hello there', calls: null });
  });

  it('is away when the connection is lost meanwhile', async () => {
    const waited = gateway.wait('run1', never);
    (await server.next('agent.wait')).socket.close(1012, 'service restart');
    await expect(waited).rejects.toMatchObject({ kind: 'away' });
  });
});

describe('an answer that is about something else', () => {
  it.each([
    ['to agent.wait names another run', { runId: 'other', status: 'ok', endedAt: 1 }, 'other'],
    [
      'to agent.wait names no run',
      { status: 'ok', endedAt: 1, terminalReply: { disposition: 'visible', text: 'x' } },
      null,
    ],
    ['to agent.wait is none', null, null],
  ])('%s: whose end it is stays open', async (_, answer, answered) => {
    accept();
    await gateway.run(request('ours'), never);
    server.on('agent.wait', call => call.answer(answer));
    expect(await gateway.wait('ours', never)).toEqual({ kind: 'unknown' });
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'warn', fields: { run: 'ours', answered } }));
  });

  it('to agent acknowledges another run: it is none', async () => {
    server.on('agent', call => call.answer({ runId: 'other', status: 'accepted' }));
    await expect(gateway.run(request('ours'), never)).rejects.toMatchObject({
      kind: 'refused',
      code: 'GATEWAY_REFUSED',
    });
  });

  it('to chat.history is of another session: that nothing is there is not concluded from it', async () => {
    server.on('chat.history', call => call.answer({ sessionKey: 'agent:main:other', messages: [] }));
    await expect(gateway.recall('agent:main:s', 'k')).rejects.toMatchObject({ kind: 'refused' });
    server.on('chat.history', call => call.answer({ sessionKey: 'Agent:Main:S', messages: [] }));
    expect(await gateway.recall('agent:main:s', 'k')).toEqual({ kind: 'absent' });
  });
});

describe('a record without measure', () => {
  const rowsOf = (count: number, from = 1) =>
    Array.from({ length: count }, (_, i) => ({
      role: i % 2 ? 'assistant' : 'user',
      content: 'x',
      ...(i % 2 ? { stopReason: 'stop' } : { idempotencyKey: `k${from + i}:user` }),
      __openclaw: { seq: from + i },
    }));

  it('of 200,000 rows in one answer is read where the run is among the last', async () => {
    server.on('chat.history', call =>
      call.answer({ messages: rowsOf(200_000), totalMessages: 200_000, hasMore: false }),
    );
    expect(await gateway.recall('s', 'k199999')).toEqual({ kind: 'answered', reply: 'x', calls: [] });
    await expect(gateway.recall('s', 'k3')).rejects.toMatchObject({ kind: 'refused' });
  });

  it('whose first page is short and whose second has 200,000 rows is read too', async () => {
    server.on('chat.history', call =>
      call.answer(
        call.params.offset
          ? { messages: rowsOf(200_000), hasMore: false }
          : { messages: rowsOf(2, 200_001), hasMore: true, nextOffset: 2 },
      ),
    );
    expect(await gateway.recall('s', 'k199999')).toEqual({ kind: 'answered', reply: 'x', calls: [] });
  });

  it.each([
    ['with ever new rows', (offset: number) => rowsOf(1000, 1_000_000 - offset)],
    ['with the same rows', () => rowsOf(10)],
    ['without rows', () => []],
  ])('that never comes to its beginning, %s, is given up after a bounded number of pages', async (_, rows) => {
    let asked = 0;
    server.on('chat.history', call => {
      asked += 1;
      const offset = Number(call.params.offset ?? 0);
      call.answer({ messages: rows(offset), hasMore: true, nextOffset: offset + 1000 });
    });
    await expect(gateway.recall('s', 'not there')).rejects.toMatchObject({ kind: 'refused' });
    expect(asked).toBeLessThanOrEqual(110);
  });

  it.each([undefined, null, 'x', -1.5, 1e300])(
    'that says it has more at %s is not taken for all there is',
    async at => {
      server.on('chat.history', call => call.answer({ messages: rowsOf(2), hasMore: true, nextOffset: at }));
      await expect(gateway.recall('s', 'not there')).rejects.toMatchObject({ kind: 'refused' });
    },
  );

  it('nested without end is no more than a row that says nothing', async () => {
    const nested = '['.repeat(20_000) + ']'.repeat(20_000);
    server.on('chat.history', ({ id, socket }) =>
      socket.send(`{"type":"res","id":"${id}","ok":true,"payload":{"messages":[{"role":"user","content":${nested}}]}}`),
    );
    expect(await gateway.recall('s', 'k')).toEqual({ kind: 'absent' });
    expect(gateway.state.phase).toBe('connected');
  });

  it('is no reason for a message of megabytes', async () => {
    server.on('agent', call => call.fail({ code: 'UNAVAILABLE', message: 'x'.repeat(5_000_000) }));
    const failed = await gateway.run(request('k'), never).catch((error: Error) => error.message);
    expect(String(failed).length).toBeLessThan(600);
  });
});

it('does not take the refused record of one session, as of one that was deleted, for the end of the connection', async () => {
  const error = refusal('FORBIDDEN', { code: 'MISSING_SCOPE', missingScope: 'operator.read' });
  server.on('chat.history', call => call.fail(error));
  await expect(gateway.recall('s', 'k')).rejects.toMatchObject({ kind: 'refused' });
  expect(gateway.state.phase).toBe('connected');
});

describe('recalling a run', () => {
  it('calls silence the end only when the record has not changed for half a minute', async () => {
    history('model-error');
    expect(await gateway.recall('s', 'e4')).toEqual({ kind: 'active' });
    // Kept alive: the connection must not be what changes.
    clock.advance(29_000);
    expect(await gateway.recall('s', 'e4')).toEqual({ kind: 'active' });
    clock.advance(1000);
    expect(await gateway.recall('s', 'e4')).toEqual({ kind: 'unanswered', toolsRan: false });
  });

  it('starts counting anew when something moved', async () => {
    const record = read('history-model-error');
    server.on('chat.history', call => call.answer(record));
    await gateway.recall('s', 'e4');
    clock.advance(29_000);
    record.totalMessages += 1;
    record.messages.push({ role: 'toolResult', content: [], __openclaw: { seq: 3, runId: 'e4' } });
    await gateway.recall('s', 'e4');
    clock.advance(29_000);
    expect(await gateway.recall('s', 'e4')).toEqual({ kind: 'active' });
  });

  it('reads the record to its beginning before it says that nothing is there', async () => {
    const rows = Array.from({ length: 120 }, (_, i) => ({
      role: i % 2 ? 'assistant' : 'user',
      content: `row ${i}`,
      ...(i % 2 ? { stopReason: 'stop' } : { idempotencyKey: `k${i}:user` }),
      __openclaw: { seq: i + 1 },
    }));
    server.on('chat.history', call => {
      const offset = Number(call.params.offset ?? 0);
      const limit = Math.min(Number(call.params.limit), 40);
      const messages = rows.slice(Math.max(0, rows.length - offset - limit), rows.length - offset);
      const hasMore = offset + limit < rows.length;
      call.answer({
        messages,
        totalMessages: rows.length,
        hasMore,
        ...(hasMore ? { nextOffset: offset + limit } : {}),
      });
    });
    expect(await gateway.recall('s', 'k2')).toEqual({ kind: 'answered', reply: 'row 3', calls: [] });
    expect(await gateway.recall('s', 'k1000')).toEqual({ kind: 'absent' });
  });

  it('is refused, and not endless, when the gateway does not let it get to the beginning', async () => {
    server.on('chat.history', call => call.answer({ messages: [], hasMore: true, nextOffset: 5, totalMessages: 9 }));
    await expect(gateway.recall('s', 'k')).rejects.toMatchObject({ kind: 'refused' });
  });

  it('is away while the gateway restarts', async () => {
    const error = refusal('UNAVAILABLE', { reason: 'gateway-restarting' }, { retryable: true, retryAfterMs: 700 });
    server.on('chat.history', call => call.fail(error));
    await expect(gateway.recall('s', 'k')).rejects.toMatchObject({ kind: 'away', retryAfter: 700 });
  });
});
