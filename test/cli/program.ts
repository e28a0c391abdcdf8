import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';

export const bundle = join(import.meta.dirname, '../../dist/kapso-whatsapp-cli.cjs');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the shipped program. Of this process's environment it gets only what is given. */
export function startCli(args: readonly string[], env: Record<string, string> = {}): ChildProcessWithoutNullStreams {
  const cleared = { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C.UTF-8' };
  return spawn(process.execPath, [bundle, ...args], { env: { ...cleared, ...env } });
}

export async function runCli(
  args: readonly string[],
  options: { env?: Record<string, string>; stdin?: string | Buffer } = {},
): Promise<Ended> {
  const child = startCli(args, options.env);
  child.stdin.on('error', () => {}).end(options.stdin ?? '');
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

export interface Answer {
  status?: number;
  body: unknown;
  headers?: Record<string, string>;
}

export interface ApiServer {
  url: string;
  /** What was posted to the messages endpoint. */
  posts: { body: Record<string, unknown>; headers: IncomingMessage['headers']; path: string }[];
  /** The files that were uploaded: what their part of the form says. */
  uploads: { mimeType: string; name: string; size: number }[];
  /** The paths that were read. */
  reads: string[];
  close(): Promise<void>;
}

export const apiKey = 'key-7f3a91c2-never-to-be-seen';

export function account(server: { url: string }): Record<string, string> {
  return { KAPSO_API_KEY: apiKey, KAPSO_PHONE_NUMBER_ID: '647000000000001', KAPSO_BASE_URL: server.url };
}

export interface ApiAnswers {
  /** Gets the number of the upload, from 1, and the server; null leaves it without an answer. */
  upload?: (upload: number) => Answer | null;
  read?: (path: string) => Answer;
}

const uploaded = (upload: number): Answer => ({ body: { id: `media-${upload}` } });

/** An API on a real socket. `answer` gets the number of the POST, from 1; null leaves it without an answer. */
export async function startApi(
  answer: (post: number) => Answer | null | Promise<Answer>,
  { upload = uploaded, read = () => ({ body: { data: [] } }) }: ApiAnswers = {},
): Promise<ApiServer> {
  const posts: ApiServer['posts'] = [];
  const uploads: ApiServer['uploads'] = [];
  const reads: string[] = [];
  const server = createServer(async (request, response) => {
    const bytes = await buffer(request);
    const body = bytes.toString();
    const reply = (given: Answer) => {
      response.writeHead(given.status ?? 200, { 'content-type': 'application/json', ...given.headers });
      response.end(JSON.stringify(given.body));
    };
    if (request.method === 'GET') {
      reads.push(request.url ?? '');
      return reply(read(request.url ?? ''));
    }
    if (request.url?.endsWith('/media')) {
      uploads.push(fileIn(bytes));
      const given = upload(uploads.length);
      server.emit('uploaded');
      return given ? reply(given) : undefined;
    }
    posts.push({ body: JSON.parse(body), headers: request.headers, path: request.url ?? '' });
    const given = await answer(posts.length);
    server.emit('posted');
    if (given) reply(given);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    uploads,
    reads,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function fileIn(form: Buffer): ApiServer['uploads'][number] {
  const head = /name="file"; filename="([^"]*)"\r\nContent-Type: ([^\r]*)\r\n\r\n/.exec(form.toString('latin1'));
  const begin = (head?.index ?? 0) + (head?.[0].length ?? 0);
  const size = form.indexOf('\r\n--', form.lastIndexOf('\r\n--')) - begin;
  return { mimeType: head?.[2] ?? '', name: Buffer.from(head?.[1] ?? '', 'latin1').toString(), size };
}

export const accepted = (post: number): Answer => ({
  body: {
    messaging_product: 'whatsapp',
    contacts: [{ input: '+15551234567', wa_id: '15551234567' }],
    messages: [{ id: `wamid.OUT${post}` }],
  },
});
