/** What a run attaches, by the frames of a real gateway whose agent called the tool `tts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentGateway } from '../../../src/agents/agent.ts';
import { resultInRecord } from '../../../src/agents/openclaw/history.ts';
import { readAttached, readHistory } from '../../../src/agents/openclaw/wire.ts';
import { waits } from '../../../src/waits.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';
import { type Call, type FakeGateway, refusal, startFakeGateway } from './fake-gateway.ts';
import { gatewayFor, never } from './gateway-fixture.ts';

const frames = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/openclaw/attached-by-tool.json'), 'utf8'),
);
const voice = frames.spoken.second.result.payloads[0].mediaUrl;
const session = 'agent:main:kapso:direct:+15550001';

describe('what a tool attaches', () => {
  let server: FakeGateway;
  let gateway: AgentGateway;
  let clock: ManualClock;
  beforeEach(async () => {
    server = await startFakeGateway();
    clock = manualClock(0);
    gateway = gatewayFor(server.url, { clock, runTimeout: 100_000 });
    gateway.start();
    await gateway.connected(never);
  });
  afterEach(async () => {
    await gateway.stop();
    await server.close();
  });

  /** Starts the run of a frame. Returns the call that the gateway answers a second time. */
  async function begin(wait: { runId: string }): Promise<Call> {
    const { runId: runKey } = wait;
    server.on('agent', call => call.answer({ runId: runKey, status: 'accepted' }));
    server.on('agent.wait', call => call.answer(wait));
    await gateway.run({ sessionKey: session, runKey, message: 'hi', systemPrompt: '' }, never);
    return server.next('agent');
  }

  it('is in the second answer to the run, and goes with its text', async () => {
    const { wait, second } = frames.spoken;
    const call = await begin(wait);
    const waited = gateway.wait(wait.runId, never);
    call.answer(second);
    expect(await waited).toEqual({ kind: 'ended', reply: 'Listen.', media: [{ source: voice }], calls: null });
  });

  it('is all that the customer gets when the agent then chose silence', async () => {
    const { wait, second } = frames.spokenAlone;
    const call = await begin(wait);
    call.answer(second);
    const [media] = [readAttached(second)];
    expect(await gateway.wait(wait.runId, never)).toEqual({ kind: 'ended', reply: null, media, calls: null });
  });

  it('is named once when the text names it too', async () => {
    const { wait, second } = structuredClone(frames.spoken);
    wait.terminalReply.text = `Listen.\nMEDIA:${voice}\nMEDIA:./b.png`;
    const call = await begin(wait);
    call.answer(second);
    const media = [{ source: voice }, { source: './b.png' }];
    expect(await gateway.wait(wait.runId, never)).toMatchObject({ reply: 'Listen.', media });
  });

  it('is not waited for long: without the second answer the text goes alone', async () => {
    const { wait } = frames.spoken;
    await begin(wait);
    const waited = gateway.wait(wait.runId, never);
    while (!clock.pending().includes(waits.secondAnswer.within)) await setImmediate();
    clock.advance(waits.secondAnswer.within);
    expect(await waited).toEqual({ kind: 'ended', reply: 'Listen.', calls: null });
  });

  it('is not waited for at all where no tool was used', async () => {
    const { wait } = structuredClone(frames.spoken);
    wait.terminalReceipt.successfulToolNames = [];
    await begin(wait);
    expect(await gateway.wait(wait.runId, never)).toEqual({ kind: 'ended', reply: 'Listen.', calls: null });
  });

  it('is found in the record after a restart of this program', async () => {
    server.on('chat.history', call => call.answer(frames.spoken.history));
    expect(await gateway.recall(session, 'run-tts')).toMatchObject({
      kind: 'answered',
      reply: 'Listen.',
      media: [{ source: voice }],
    });
    expect(resultInRecord(readHistory(frames.spokenAlone.history), 'run-tts2')).toMatchObject({
      reply: null,
      media: [{ source: expect.stringMatching(/voice---.*\.mp3$/) }],
    });
  });

  it('is no word of a tool of others: a result may be whatever a stranger has made it say', () => {
    for (const change of [
      { toolName: 'exec' },
      {
        content: [
          { type: 'text', text: frames.spoken.history.messages[3].content[0].text.replace('openclaw"', 'mcp"') },
        ],
      },
      { content: [{ type: 'text', text: '{"media": [' }] },
    ]) {
      const history = structuredClone(frames.spoken.history);
      Object.assign(history.messages[3], change);
      expect(resultInRecord(readHistory(history), 'run-tts')?.media).toBeUndefined();
    }
  });

  it('is asked of a gateway on this host alone: where its agent works', async () => {
    const agents = [
      { id: 'main', workspace: '/home/claw/workspace' },
      { id: 'odd', workspace: 'relative' },
      { id: 'none' },
    ];
    server.on('agents.list', call => call.answer({ agents }));
    expect(await gateway.workspaceOf(session)).toBe('/home/claw/workspace');
    expect(await gateway.workspaceOf('agent:odd:x')).toBeNull();
    expect(await gateway.workspaceOf('agent:none:x')).toBeNull();
    expect(await gateway.workspaceOf('elsewhere')).toBeNull();
    server.on('agents.list', call => call.fail(refusal('FORBIDDEN', 'MISSING_SCOPE')));
    expect(await gateway.workspaceOf(session)).toBeNull();
  });
});
