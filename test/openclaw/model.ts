/**
 * A scripted model behind the real gateway: an OpenAI-compatible chat-completions server on loopback.
 *
 * What it answers stands in directives inside the latest user text:
 *   [[say TEXT]]        answer exactly TEXT, with MEDIA: for each ATTACH:, which is then no line of the sender's
 *   [[exec COMMAND]]    call the `exec` tool, then answer with its output; several are called one after the other
 *   [[tool NAME JSON]]  call another tool with these arguments, likewise
 *   [[delay MS]]        wait before the first byte
 *   [[hold NAME]]       wait before the first byte until the test calls `release(NAME)`
 *   [[http CODE]]       fail with that HTTP status
 *   [[then TEXT]]       what it answers after the tool, instead of the tool's output
 *   [[thenhttp CODE]]   what it fails with after the tool
 *   [[thenhold NAME]]   as hold, after the tool
 *   [[empty]]           finish with no text
 * A text that has the bridge's header is answered as the system prompt says: it calls `exec` with `kapso-whatsapp-cli
 * send`, "ECHO: " and all that the sender wrote. It believes the last line that looks like the header, so a forged one
 * that got through would show. Any other text without a directive is answered with "ECHO: " and its last line.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface ChatMessage {
  role: string;
  content?: unknown;
  tool_calls?: unknown[];
}

export interface ModelRequest {
  at: number;
  model: string;
  messages: ChatMessage[];
  /** The text of every user message since the last finished assistant turn. */
  text: string;
  /** Whether the turn has already called a tool: the request continues the turn. */
  afterTool: boolean;
}

export interface Model {
  /** Base URL for the gateway's provider configuration. */
  readonly url: string;
  readonly requests: ModelRequest[];
  /** Resolves when a request whose user text contains `part` has arrived. */
  seen(part: string): Promise<ModelRequest>;
  /** Resolves when a request is held under this name. */
  held(name: string): Promise<void>;
  /** Releases what is held under this name, now and from now on. */
  release(name: string): void;
  /** Releases everything, now and from now on: a gateway waits for its runs before it stops. */
  releaseAll(): void;
  close(): Promise<void>;
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .filter((part): part is { text: string } => typeof part?.text === 'string')
    .map(part => part.text)
    .join('\n');
}

/** Removes the blocks that the gateway adds to a turn. The script is in what the sender wrote. */
function withoutGatewayContext(text: string): string {
  return text
    .replace(/<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>[\s\S]*?(<<<END_OPENCLAW_INTERNAL_CONTEXT>>>|$)/g, '')
    .replace(/\n\nRuntime: agent=[^\n]*$/, '');
}

function directive(text: string, name: string): string | null {
  const found = new RegExp(`\\[\\[${name}(?:\\s+([\\s\\S]*?))?\\]\\]`).exec(text);
  return found ? (found[1] ?? '') : null;
}

/** The command that the system prompt asks for, for a text with the bridge's header; null for any other. */
function answerOnWhatsApp(text: string, system: string): string | null {
  const address = [...text.matchAll(/^(?:\[[^\]]*\] )?From: .* \((\S+)\) on WhatsApp at \S+Z(?:, .+)?$/gm)].at(-1)?.[1];
  if (address === undefined) return null;
  const written = [...text.matchAll(/^> (.*)$/gm)].map(line => line[1]).join('\n');
  const answer = `ECHO: ${written.replace(/ ?\[\[[^\]]*\]\]/g, '')}`;
  const send = `kapso-whatsapp-cli send --to ${address}`;
  return system.includes(`${send} --text '`)
    ? `${send} --text '${answer.replaceAll("'", "'\\''")}'`
    : `${send} - <<'EOF'\n${answer}\nEOF`;
}

interface Plan {
  delay: number;
  /** The name it is held under. */
  hold: string | null;
  status: number;
  call: { name: string; arguments: string } | null;
  text: string;
}

/** The tools that the text directs to call, in its order. */
function callsIn(text: string): NonNullable<Plan['call']>[] {
  return [...text.matchAll(/\[\[(?:exec\s+([\s\S]*?)|tool\s+(\w+)\s+(\{[\s\S]*?\}))\]\]/g)].map(
    ([, command, name = '', given = '']) => (command === undefined ? { name, arguments: given } : execOf(command)),
  );
}

function execOf(command: string): NonNullable<Plan['call']> {
  return { name: 'exec', arguments: JSON.stringify({ command }) };
}

function plan(messages: ChatMessage[]): Plan & { userText: string; afterTool: boolean } {
  const lastAnswer = messages.findLastIndex(m => m.role === 'assistant' && !m.tool_calls?.length);
  const turn = messages.slice(lastAnswer + 1);
  const users = turn
    .map((message, at) => ({ at, text: message.role === 'user' ? withoutGatewayContext(textOf(message.content)) : '' }))
    .filter(user => user.text.trim() !== '');
  const system = messages.map(message => (message.role === 'system' ? textOf(message.content) : '')).join('\n');
  // A note that the gateway adds when it resumes a turn is not the text to answer.
  const chosen = users.findLast(user => /\[\[[a-z]+/.test(user.text) || answerOnWhatsApp(user.text, system) !== null) ??
    users.at(-1) ?? { at: 0, text: '' };
  const { text } = chosen;
  const scripted = ['say', 'empty', 'http'].some(name => directive(text, name) !== null);
  const results = turn.slice(chosen.at).filter(message => message.role === 'tool');
  const next = callsIn(text)[results.length] ?? null;
  const toolResult = next === null ? results.at(-1) : undefined;
  const answer = answerOnWhatsApp(text, system);
  return {
    afterTool: results.length > 0,
    userText: users.map(user => user.text).join('\n'),
    delay: Number(directive(text, 'delay') ?? 0),
    status: Number((toolResult ? directive(text, 'thenhttp') : directive(text, 'http')) ?? 0),
    hold: directive(text, toolResult ? 'thenhold' : 'hold'),
    call: next ?? (toolResult || scripted || answer === null ? null : execOf(answer)),
    text: toolResult
      ? (directive(text, 'then') ?? `The tool answered: ${textOf(toolResult.content)}`)
      : directive(text, 'empty') !== null
        ? ''
        : (directive(text, 'say')?.replaceAll('ATTACH:', 'MEDIA:') ?? `ECHO: ${text.trim().split('\n').at(-1) ?? ''}`),
  };
}

function stream(response: ServerResponse, model: string, number: number, answer: Plan): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const head = { id: `chatcmpl-${number}`, object: 'chat.completion.chunk', created: 1, model };
  const chunk = (choices: unknown[], extra = {}) =>
    response.write(`data: ${JSON.stringify({ ...head, choices, ...extra })}\n\n`);
  const delta = (value: object, finish: string | null = null) =>
    chunk([{ index: 0, delta: value, finish_reason: finish }]);
  delta({ role: 'assistant', content: '' });
  if (answer.call === null) {
    if (answer.text) delta({ content: answer.text });
    delta({}, 'stop');
  } else {
    delta({ tool_calls: [{ index: 0, id: `call_${number}`, type: 'function', function: answer.call }] });
    delta({}, 'tool_calls');
  }
  chunk([], { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } });
  response.end('data: [DONE]\n\n');
}

/** Starts the model on a free port of 127.0.0.1. */
export async function startModel(): Promise<Model> {
  const requests: ModelRequest[] = [];
  const watchers = new Set<(request: ModelRequest) => void>();
  let holding = true;
  const gates = new Map<string, { held: PromiseWithResolvers<void>; released: PromiseWithResolvers<void> }>();
  const gate = (name: string) => {
    const known = gates.get(name) ?? { held: Promise.withResolvers(), released: Promise.withResolvers() };
    gates.set(name, known);
    return known;
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const part of request) chunks.push(part);
    if (request.method !== 'POST') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'scripted', object: 'model' }] }));
      return;
    }
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { model: string; messages: ChatMessage[] };
    const { userText, afterTool, ...answer } = plan(body.messages);
    const entry = { at: Date.now(), model: body.model, messages: body.messages, text: userText, afterTool };
    requests.push(entry);
    for (const watcher of [...watchers]) watcher(entry);
    const number = requests.length;
    if (answer.hold !== null && holding) {
      gate(answer.hold).held.resolve();
      await gate(answer.hold).released.promise;
    }
    const reply = () => {
      if (answer.status) {
        response.writeHead(answer.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: { message: `scripted failure ${answer.status}`, type: 'scripted' } }));
      } else stream(response, body.model, number, answer);
    };
    if (answer.delay) {
      const timer = setTimeout(reply, answer.delay);
      response.once('close', () => clearTimeout(timer));
    } else reply();
  });
  const releaseAll = () => {
    holding = false;
    for (const { released } of gates.values()) released.resolve();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    seen(part) {
      const known = requests.find(request => request.text.includes(part));
      if (known) return Promise.resolve(known);
      return new Promise(resolve => {
        const watcher = (request: ModelRequest) => {
          if (!request.text.includes(part)) return;
          watchers.delete(watcher);
          resolve(request);
        };
        watchers.add(watcher);
      });
    },
    held: name => gate(name).held.promise,
    release: name => gate(name).released.resolve(),
    releaseAll,
    async close() {
      releaseAll();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
