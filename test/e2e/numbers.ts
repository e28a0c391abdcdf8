/** Several numbers of one business, each with a Kapso simulator of its own behind one address, as Kapso has it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Kapso, Stage } from './programs.ts';

export interface TestNumber {
  name: string;
  id: string;
  apiKey: string;
}

export const numbers = {
  sales: { name: 'sales', id: '647000000000001', apiKey: 'key-of-sales-3f9a1c77' },
  support: { name: 'support', id: '647000000000002', apiKey: 'key-of-support-8be2d041' },
  events: { name: 'events', id: '647000000000003', apiKey: 'key-of-events-c5507e92' },
} as const satisfies Record<string, TestNumber>;

export interface Numbers {
  /** The simulator of each number, by its name. */
  of: Record<string, Kapso>;
  /** Where all of them are asked. */
  url: string;
}

/**
 * Starts the simulators and the address before them. The stage's programs then know several numbers and no single one.
 *
 * @param refusals what Kapso says to each request for a number, by its name, instead of answering it
 */
export async function startNumbers(
  stage: Stage,
  given: readonly TestNumber[],
  refusals: Readonly<Record<string, string>> = {},
): Promise<Numbers> {
  const of: Record<string, Kapso> = {};
  for (const { name, id, apiKey } of given) {
    const state = ['--state', join(stage.dir, `kapso-${name}.jsonl`)];
    of[name] = await stage.startKapso([...state, '--phone-number-id', id, '--api-key', apiKey]);
  }
  const server = createServer((incoming, answer) => {
    const named = given.find(({ id }) => new RegExp(`[/=]${id}(?=[/?&]|$)`).test(incoming.url ?? ''));
    // A path names its number; a request for the project, such as the list of its numbers, has a key.
    const number = named ?? given.find(({ apiKey }) => incoming.headers['x-api-key'] === apiKey);
    const url = number && of[number.name]?.url;
    const refusal = number && refusals[number.name];
    if (refusal) answer.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error: refusal }));
    else if (!url) answer.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"no such number"}');
    else passOn(incoming, answer, new URL(incoming.url ?? '/', url));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stage.env.KAPSO_BASE_URL = url;
  delete stage.env.KAPSO_PHONE_NUMBER_ID;
  delete stage.env.KAPSO_API_KEY;
  return { of, url };
}

function passOn(incoming: IncomingMessage, answer: ServerResponse, url: URL): void {
  const asked = request(url, { method: incoming.method, headers: { ...incoming.headers, host: url.host } }, reply => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(answer);
    reply.on('error', () => answer.destroy());
  });
  // A simulator that is killed, or resets a connection, does so to whoever asked.
  asked.on('error', () => answer.destroy());
  answer.on('close', () => asked.destroy());
  incoming.pipe(asked);
}

/** What a test sets for one account, beside its number, name and key. */
export type More = Record<string, unknown>;

/** Writes the configuration: these accounts, with what is set for all. JSON is YAML. */
export function writeAccounts(
  stage: Stage,
  given: readonly TestNumber[],
  { each = {}, all = {} }: { each?: Record<string, More>; all?: More } = {},
): string {
  const accounts = given.map(({ name, id, apiKey }) => ({ phoneNumberId: id, name, apiKey, ...each[name] }));
  const dir = join(stage.home, '.config/kapso-whatsapp');
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'config.yaml');
  writeFileSync(file, JSON.stringify({ accounts, ...all }, null, 2), { mode: 0o600 });
  return file;
}
