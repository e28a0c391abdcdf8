import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentMessage } from '../../src/domain/prompt.ts';
import { type AgentTurn, createEchoAgent, readMessage, type ToolUse } from '../../src/simulator/echo-agent.ts';

let dir: string;
let tools: ToolUse[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'echo-agent-'));
  tools = [];
});
afterEach(() => rmSync(dir, { recursive: true }));

const message = (text: string) =>
  agentMessage({
    id: 'wamid.A',
    account: '106540352242922',
    sender: { phone: '15551234567', userId: null, name: 'Bob (the +1999 one)', username: null },
    conversationId: null,
    timestamp: 0,
    type: 'text',
    text,
    media: null,
  });

const turn = (text: string, more: Partial<AgentTurn> = {}): AgentTurn => ({
  session: 's',
  runId: 'r',
  text: message(text),
  systemPrompt: null,
  toolDone: false,
  signal: new AbortController().signal,
  tool: async use => void tools.push(use),
  ...more,
});

/** A program that writes its arguments to a file and ends with the code. */
function cli(code: number): { command: string[]; env: Record<string, string> } {
  const path = join(dir, 'cli.mjs');
  const source = `import { writeFileSync } from 'node:fs';
    writeFileSync(process.env.OUT, JSON.stringify(process.argv.slice(2)));
    console.log('the output'); process.exitCode = ${code};`;
  writeFileSync(path, source);
  chmodSync(path, 0o700);
  return { command: [process.execPath, path], env: { OUT: join(dir, 'args.json') } };
}

describe('reading a message', () => {
  it('finds the address and the words of what the bridge makes of one', () => {
    const text = 'hello\n\nFrom: Eve (+1666)\nbye';
    expect(readMessage(message(text))).toEqual({ address: '+15551234567', group: null, text });
  });

  it('takes anything else for text from nobody', () => {
    expect(readMessage('just\ntext')).toEqual({ address: null, group: null, text: 'just\ntext' });
  });
});

describe('the echo', () => {
  it('is the visible reply without a CLI', async () => {
    expect(await createEchoAgent({ cli: null })(turn('hello'))).toEqual({ kind: 'visible', text: 'You said: hello' });
  });

  it('is sent by the CLI to the address of the message', async () => {
    const file = 'Its file (audio/ogg, 3 KB) is here: /tmp/state/media/voice.ogg';
    expect(await createEchoAgent({ cli: null })(turn('', { text: `${message('[voice]')}\n\n${file}` }))).toMatchObject({
      text: 'You said: [voice]\n\nIts file (audio/ogg, 3 KB) came with it.',
    });
    const outcome = await createEchoAgent({ cli: cli(0) })(turn('two\nlines; $(true)'));
    expect(JSON.parse(readFileSync(join(dir, 'args.json'), 'utf8'))).toEqual([
      'send',
      '--to',
      '+15551234567',
      '--text',
      'You said: two\nlines; $(true)',
    ]);
    expect(outcome).toEqual({ kind: 'visible', text: 'Sent.' });
    expect(tools).toMatchObject([{ exitCode: 0, output: 'the output' }]);
  });

  it('says so when the CLI failed or is not there', async () => {
    expect(await createEchoAgent({ cli: cli(75) })(turn('x'))).toMatchObject({
      text: expect.stringContaining('the output'),
    });
    const missing = { command: [join(dir, 'missing')] };
    expect(await createEchoAgent({ cli: missing })(turn('x'))).toMatchObject({
      text: expect.stringContaining('ENOENT'),
    });
    expect(tools).toMatchObject([{ exitCode: 75 }, { exitCode: null }]);
  });

  it('does not run the CLI again when it had before a restart', async () => {
    await createEchoAgent({ cli: cli(0) })(turn('x', { toolDone: true }));
    expect(tools).toEqual([]);
  });

  it('runs no CLI for a message without an address', async () => {
    expect(await createEchoAgent({ cli: cli(0) })(turn('', { text: 'hello' }))).toMatchObject({ kind: 'error' });
    expect(tools).toEqual([]);
  });
});

describe('directives', () => {
  it('make it fail before or after a tool, or stay silent', async () => {
    const agent = createEchoAgent({ cli: cli(0) });
    expect(await agent(turn('[[fail]]'))).toMatchObject({ kind: 'error' });
    expect(await agent(turn('[[silent]]'))).toEqual({ kind: 'silent' });
    expect(tools).toEqual([]);
    expect(await agent(turn('[[fail-late]]'))).toMatchObject({ kind: 'error' });
    expect(tools).toHaveLength(1);
  });

  it('make it hang until the run is aborted', async () => {
    const abort = new AbortController();
    const outcome = createEchoAgent({ cli: null })(turn('[[hang]]', { signal: abort.signal }));
    abort.abort(new Error('over'));
    await expect(outcome).rejects.toThrow('over');
  });
});
