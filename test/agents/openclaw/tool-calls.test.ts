import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgentGateway, GatewayError, type ToolCall } from '../../../src/agents/agent.ts';
import { decide, resultInRecord } from '../../../src/agents/openclaw/history.ts';
import { readHistory } from '../../../src/agents/openclaw/wire.ts';
import { waits } from '../../../src/waits.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';
import { gatewayFor, never } from './gateway-fixture.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/openclaw');
const records = JSON.parse(readFileSync(join(fixtures, 'histories-of-tools.json'), 'utf8'));
const resultOf = (name: string) => resultInRecord(readHistory(records[name]), name === 'denied' ? 'deny' : name);

describe('what a run did, by the record of a real gateway', () => {
  const none = { failed: null, exitCode: null, refused: false };
  it.each<[name: string, call: Partial<ToolCall>, output: string]>([
    ['echo', { ...none, command: 'echo hi', failed: false }, 'hi'],
    ['exit64', { ...none, failed: true, exitCode: 64 }, 'oops'],
    ['exit75', { ...none, failed: true, exitCode: 75 }, 'wamid.X'],
    ['missing', { ...none, failed: true }, 'Command not found'],
    ['killed', { ...none, failed: true }, 'Command aborted by signal SIGKILL'],
    ['background', { ...none, command: 'sleep 3; echo wamid.LATE' }, 'Command still running'],
    ['noargs', { ...none, command: null, failed: true, refused: true }, 'Validation failed'],
    ['unknown', { ...none, name: 'nosuch', command: null, failed: true, refused: true }, 'Tool nosuch not found'],
    ['denied', { ...none, failed: true, refused: true }, 'exec denied: allowlist miss'],
  ])('%s', (name, call, output) => {
    expect(resultOf(name)?.calls).toEqual([
      { name: 'exec', command: expect.any(String), ...call, output: expect.stringContaining(output) },
    ]);
  });

  it('has no call where no tool was used', () => {
    expect(resultOf('plain')).toEqual({ reply: 'plain', calls: [] });
  });

  it('is not known while the answer is missing', () => {
    const record = { ...records.plain, messages: records.plain.messages.slice(0, 1), totalMessages: 1 };
    expect(resultInRecord(readHistory(record), 'plain')).toBeNull();
  });

  it('keeps the beginning and the end of a long output', () => {
    const record = structuredClone(records.echo);
    record.messages[2].content[0].text = `first ${'x'.repeat(100_000)} last`;
    const output = resultInRecord(readHistory(record), 'echo')?.calls?.[0]?.output ?? '';
    expect(output.length).toBeLessThan(17_000);
    expect(output).toMatch(/^first x+\n…\nx+ last$/);
  });
});

describe('what a reader may see of an answer', () => {
  it('quotes its message when the agent asked for it', () => {
    const media = [{ source: '/tmp/x.png' }];
    expect(resultOf('tagged')).toEqual({ reply: 'hello there', media, quote: true, calls: [] });
    expect(resultOf('tagged2')).toEqual({ reply: 'hello there', calls: [] });
  });

  it('is not framed by tags', () => {
    expect(resultOf('final')?.reply).toBe('visible words');
  });

  it('has no block of thinking', () => {
    const record = structuredClone(records.plain);
    record.messages[1].content.unshift({ type: 'thinking', thinking: 'secret', text: 'secret' });
    expect(resultInRecord(readHistory(record), 'plain')?.reply).toBe('plain');
  });

  it('is not what the agent says later, when its command in the background ends', () => {
    expect(decide(readHistory(records.background), 'background', 0)).toMatchObject({
      kind: 'answered',
      reply: expect.stringContaining('Command still running'),
    });
  });
});

describe('waiting for a run and what it did', () => {
  let server: FakeGateway;
  let gateway: AgentGateway;
  let clock: ManualClock;
  beforeEach(async () => {
    server = await startFakeGateway({ maxPayload: 100_000 });
    clock = manualClock(0);
    gateway = gatewayFor(server.url, { clock, runTimeout: 100_000 });
    gateway.start();
    await gateway.connected(never);
    server.on('agent', call => call.answer({ runId: 'echo', status: 'accepted' }));
    const terminalReply = { disposition: 'visible', text: 'The tool answered: hi' };
    server.on('agent.wait', call => call.answer({ runId: 'echo', status: 'ok', endedAt: 1, terminalReply }));
    await gateway.run({ sessionKey: 's', runKey: 'echo', message: 'hi', systemPrompt: '' }, never);
  });
  afterEach(async () => {
    await gateway.stop();
    await server.close();
  });
  const ended = { kind: 'ended', reply: 'The tool answered: hi' };
  const early = { ...records.echo, messages: records.echo.messages.slice(0, 3), totalMessages: 3 };

  /** Ends every pause of at most a second until it is settled. */
  async function passTime(waited: Promise<unknown>) {
    let settled = false;
    void waited.finally(() => {
      settled = true;
    });
    for (; !settled; await setImmediate()) if ((clock.pending()[0] ?? 1001) <= clock.now() + 1000) clock.advance(1000);
  }

  it('asks for no record unless it is wanted', async () => {
    let readings = 0;
    server.on('chat.history', () => readings++);
    expect(await gateway.wait('echo', never)).toEqual({ ...ended, calls: null });
    expect(readings).toBe(0);
  });

  it('reads the record again until the answer is in it', async () => {
    let readings = 0;
    server.on('chat.history', call => call.answer(++readings < 3 ? early : records.echo));
    const waited = gateway.wait('echo', never, { calls: true });
    await passTime(waited);
    expect(await waited).toMatchObject({ ...ended, calls: [{ command: 'echo hi', output: 'hi' }] });
    expect(readings).toBe(3);
  });

  it('does not know the calls when the answer does not come into the record', async () => {
    let readings = 0;
    server.on('chat.history', call => {
      readings += 1;
      call.answer(early);
    });
    const waited = gateway.wait('echo', never, { calls: true });
    await passTime(waited);
    expect(await waited).toEqual({ ...ended, calls: null });
    expect(readings).toBe(waits.answerInRecord.readings);
  });

  it('does not know the calls when the record cannot be read, and fails when the gateway is away', async () => {
    server.on('chat.history', call => call.answer({ nothing: true }));
    expect(await gateway.wait('echo', never, { calls: true })).toEqual({ ...ended, calls: null });
    await gateway.run({ sessionKey: 's', runKey: 'echo', message: 'hi', systemPrompt: '' }, never);
    server.on('chat.history', call => call.socket.terminate());
    await expect(gateway.wait('echo', never, { calls: true })).rejects.toThrow(GatewayError);
  });
});
