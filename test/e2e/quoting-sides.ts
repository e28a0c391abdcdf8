/** What the other sides of a poller do with the secrets that they know: they quote them when they fail. */
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'vitest';
import { addressOf } from '../e2e-webhook/delivery.ts';
import { type Canary, formsOf } from './canary.ts';
import type { Program } from './program.ts';
import type { Gateway, Kapso, Stage } from './programs.ts';

/** The operator's program: it writes down its words and variables, and those of all that stands between it and the poller. */
export const witness = `
const fs = require('node:fs');
const [, , book, quotes] = process.argv;
const seen = [];
for (let pid = process.pid; pid > 1; ) {
  const words = fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8');
  if (words.includes('kapso-whatsapp-poller')) break;
  seen.push(words, fs.readFileSync('/proc/' + pid + '/environ', 'utf8'));
  pid = Number(fs.readFileSync('/proc/' + pid + '/stat', 'utf8').replace(/^.*\\) . /s, '').split(' ')[0]);
}
let input = '';
process.stdin.on('data', text => { input += text; }).on('end', () => {
  fs.appendFileSync(book, JSON.stringify([...seen, input]) + '\\n');
  process.stderr.write(fs.readFileSync(quotes, 'utf8'));
  process.exitCode = 1;
});`;

export interface Scene {
  stage: Stage;
  kapso: Kapso;
  gateway: Gateway;
  /** All that another side may quote. */
  quoted: Canary[];
  /** What came out, by the place where it was seen. */
  seen: Map<string, string>;
}

/** Writes a file for its owner alone. */
export function keep(path: string, content: string): string {
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** The environment of a poller that has a defect when it is told to, quoting the file. */
export function crashing(quotes: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'defect.mjs')}`, DEFECT_QUOTES: quotes };
}

export function get(address: { socketPath: string } | { port: number }, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asked = request({ ...address, path }, response => {
    let text = '';
    response.setEncoding('utf8').on('data', part => (text += part));
    response.on('end', () => resolve(text)).on('error', reject);
  });
  asked.on('error', reject).end();
  return promise;
}

/** The beginning of an answer that does not end: what comes until nothing does. */
export async function begin(url: string, headers: Record<string, string>): Promise<string> {
  const ending = new AbortController();
  const response = await fetch(url, { headers, signal: ending.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('"messages"')) text += (await reader?.read())?.value ?? '"messages"';
  ending.abort();
  return text;
}

/** Has Kapso and the gateway quote each secret in each form when they fail, and messages come in both ways meanwhile. */
export async function drive({ stage, kapso, gateway, quoted }: Scene, poller: Program, secret: string): Promise<void> {
  const before = (await stage.inbox()).length;
  // Kapso knows these.
  const known = quoted.filter(({ name }) => /API key|registered|signing|proxy/.test(name)).map(one => one.secret);
  const from = poller.lines.length;
  for (const [at, error] of [known.join(' '), known.toReversed().join(' ')].entries()) {
    const status = [401, 422][at];
    await kapso.control('POST', 'faults', { kind: 'list', status, body: { error } });
    poller.signal('SIGUSR2');
    await poller.says(`failed (HTTP ${status})`, from);
  }
  // The second of each is cut within the secret.
  const said = quoted.flatMap(one => [formsOf(one).join(' '), `${'x'.repeat(485)} ${one.secret}`]);
  const errors = said.map(message => ({ method: 'agent', error: { code: 'INVALID_REQUEST', message } }));
  await gateway.control('POST', 'faults', errors);
  const texts = errors.map((_, at) => ({ text: `message ${at}`, from: `+1555${1_000_000 + before + at}` }));
  const [first = ''] = await kapso.receive(texts);
  const start = poller.lines.findLastIndex(line => line.includes('poller started'));
  const url = await addressOf(poller, start);
  const delivered = await kapso.control<{ status: number }>('POST', 'deliver', { url, id: first, secret });
  expect(delivered.status).toBe(200);
  poller.signal('SIGUSR2');
  await stage.until(
    'each was refused',
    async () => (await stage.inbox()).filter(at => at.reason).length === texts.length,
  );
}

/** Has a run, an answer and files fail for good with a quoted secret, for the rows of the database. */
export async function failForGood({ stage, kapso, gateway, quoted }: Scene, poller: Program): Promise<void> {
  const error = quoted.map(({ secret }) => secret).join(' ');
  await kapso.control('POST', 'faults', { kind: 'send', to: '15552000001', status: 422, body: { error } });
  await kapso.control('POST', 'faults', { kind: 'media', status: 422, body: { error } });
  await gateway.control('POST', 'faults', { method: 'agent.wait', do: 'reshape', payload: { status: 'error', error } });
  const [failing = ''] = await kapso.receive([{ text: 'fails', from: '+15552000000' }]);
  poller.signal('SIGUSR2');
  const find = async (id: string) => (await stage.inbox()).find(one => one.id === id);
  await stage.until('the run has failed', async () => (await find(failing))?.state === 'failed');
  const [unanswered = ''] = await kapso.receive([{ text: 'not answered', from: '+15552000001' }]);
  const media = (type: string, content: string, from: string) => ({
    from,
    media: { type, voice: type === 'audio', base64: Buffer.from(content).toString('base64') },
  });
  const messages = [
    ...[media('document', '%PDF-1.4', '+15552000002'), media('document', '%PDF-1.5', '+15552000003')],
    media('audio', 'OggS', '+15552000004'),
  ];
  const { ids } = await kapso.control<{ ids: string[] }>('POST', 'inbound', { messages });
  poller.signal('SIGUSR2');
  for (const id of [unanswered, ...ids]) {
    // The one whose file Kapso refuses is put off.
    await stage.until(`${id} is told`, async () => {
      const entry = await find(id);
      return entry?.state === 'settled' || (entry?.reason ?? null) !== null;
    });
  }
}
