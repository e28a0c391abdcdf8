/**
 * A scripted model behind the real gateway: an OpenAI-compatible chat-completions server on loopback.
 *
 * What it answers stands in directives inside the latest user text:
 *   [[say TEXT]]        answer exactly TEXT
 *   [[exec COMMAND]]    call the `exec` tool, then answer with its output
 *   [[delay MS]]        wait before the first byte
 *   [[http CODE]]       fail with that HTTP status
 *   [[then TEXT]]       what it answers after the tool, instead of the tool's output
 *   [[thenhttp CODE]]   what it fails with after the tool
 *   [[empty]]           finish with no text
 * Without a directive it answers "ECHO: " and the last line of the text.
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
}

export interface Model {
  /** Base URL for the gateway's provider configuration. */
  readonly url: string;
  readonly requests: ModelRequest[];
  /** Resolves when a request whose user text contains `part` has arrived. */
  seen(part: string): Promise<ModelRequest>;
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

/** The gateway adds blocks of its own to a turn; the script stands in what the sender wrote. */
function withoutGatewayContext(text: string): string {
  return text
    .replace(/<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>[\s\S]*?(<<<END_OPENCLAW_INTERNAL_CONTEXT>>>|$)/g, '')
    .replace(/\n\nRuntime: agent=[^\n]*$/, '');
}

function directive(text: string, name: string): string | null {
  const found = new RegExp(`\\[\\[${name}(?:\\s+([\\s\\S]*?))?\\]\\]`).exec(text);
  return found ? (found[1] ?? '') : null;
}

interface Plan {
  delay: number;
  status: number;
  command: string | null;
  text: string;
}

function plan(messages: ChatMessage[]): Plan & { userText: string } {
  const lastAnswer = messages.findLastIndex(m => m.role === 'assistant' && !m.tool_calls?.length);
  const turn = messages.slice(lastAnswer + 1);
  const users = turn
    .map((message, at) => ({ at, text: message.role === 'user' ? withoutGatewayContext(textOf(message.content)) : '' }))
    .filter(user => user.text.trim() !== '');
  const chosen = users.findLast(user => /\[\[[a-z]+/.test(user.text)) ?? users.at(-1) ?? { at: 0, text: '' };
  const { text } = chosen;
  const toolResult = turn.slice(chosen.at).findLast(message => message.role === 'tool');
  return {
    userText: users.map(user => user.text).join('\n'),
    delay: Number(directive(text, 'delay') ?? 0),
    status: Number((toolResult ? directive(text, 'thenhttp') : directive(text, 'http')) ?? 0),
    command: toolResult ? null : directive(text, 'exec'),
    text: toolResult
      ? (directive(text, 'then') ?? `The tool answered: ${textOf(toolResult.content)}`)
      : directive(text, 'empty') !== null
        ? ''
        : (directive(text, 'say') ?? `ECHO: ${text.trim().split('\n').at(-1) ?? ''}`),
  };
}

function stream(response: ServerResponse, model: string, number: number, answer: Plan): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunk = (choices: unknown[], extra = {}) =>
    response.write(
      `data: ${JSON.stringify({ id: `chatcmpl-${number}`, object: 'chat.completion.chunk', created: 1, model, choices, ...extra })}\n\n`,
    );
  const delta = (value: object, finish: string | null = null) =>
    chunk([{ index: 0, delta: value, finish_reason: finish }]);
  delta({ role: 'assistant', content: '' });
  if (answer.command === null) {
    if (answer.text) delta({ content: answer.text });
    delta({}, 'stop');
  } else {
    const call = { name: 'exec', arguments: JSON.stringify({ command: answer.command }) };
    delta({ tool_calls: [{ index: 0, id: `call_${number}`, type: 'function', function: call }] });
    delta({}, 'tool_calls');
  }
  chunk([], { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } });
  response.end('data: [DONE]\n\n');
}

/** Starts the model on a free port of 127.0.0.1. */
export async function startModel(): Promise<Model> {
  const requests: ModelRequest[] = [];
  const watchers = new Set<(request: ModelRequest) => void>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const part of request) chunks.push(part);
    if (request.method !== 'POST') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'scripted', object: 'model' }] }));
      return;
    }
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { model: string; messages: ChatMessage[] };
    const { userText, ...answer } = plan(body.messages);
    const entry = { at: Date.now(), model: body.model, messages: body.messages, text: userText };
    requests.push(entry);
    for (const watcher of [...watchers]) watcher(entry);
    const number = requests.length;
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
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
