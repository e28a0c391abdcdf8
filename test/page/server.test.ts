import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatListenAddress } from '../../src/config/listen-address.ts';
import type { Asset } from '../../src/page/assets.ts';
import { createFeed, type Feed } from '../../src/page/feed.ts';
import { type PageServer, Refusal, startPage } from '../../src/page/server.ts';

const token = 'a-token-of-the-test';
const asset = (text: string): Asset => ({ type: 'text/html; charset=utf-8', body: Buffer.from(text) });

let feed: Feed;
let page: PageServer;
let origin: string;
let done: { query: string; type: string; body: string }[];

beforeEach(async () => {
  done = [];
  feed = createFeed();
  page = await startPage({
    ...{ token, feed, assets: new Map([['/', asset('<p>page')]]) },
    listen: { host: '127.0.0.1', port: 0 },
    listener: { name: 'the page', setting: 'none' },
    actions: {
      note: {
        maxBytes: 100,
        run: async ({ query, type, body }) => {
          if (body.toString() === 'no') throw new Refusal(409, 'That cannot be done.');
          done.push({ query: query.toString(), type, body: body.toString() });
          return { noted: done.length };
        },
      },
    },
    file: name => (name === 'known' ? asset('a file') : null),
  });
  origin = `http://${formatListenAddress(page.address)}`;
});
afterEach(() => page.close());

interface Answered {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** A request with exactly these headers: `fetch` sets some by itself. */
async function ask(
  path: string,
  headers: Record<string, string> = {},
  body?: string,
  method = body === undefined ? 'GET' : 'POST',
): Promise<Answered> {
  const sent = request(`${origin}${path}`, { method, headers });
  sent.end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  // A stream that opens does not end by itself.
  if (response.statusCode === 200 && path === '/events') response.destroy();
  else for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text };
}

const authorization = `Bearer ${token}`;

test('it listens where it is told, and nowhere else', async () => {
  const { port } = new URL(origin);
  const others = Object.values(networkInterfaces()).flatMap(all => all ?? []);
  for (const { address } of others.filter(one => !one.internal && one.family === 'IPv4')) {
    await expect(fetch(`http://${address}:${port}/`)).rejects.toThrow();
  }
});

test('a site that has its own name lead here, or sends requests here, is refused', async () => {
  const { port } = new URL(origin);
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    '192.168.1.5',
    `user@127.0.0.1:${port}`,
  ]) {
    expect((await ask('/', { host })).status).toBe(421);
  }
  expect((await ask('/', { host: `localhost:${port}` })).status).toBe(200);
  const foreign = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of foreign) {
    expect((await ask('/actions/note', { ...headers, authorization } as Record<string, string>, 'x')).status).toBe(403);
    expect((await ask('/events', { ...headers, authorization } as Record<string, string>)).status).toBe(403);
  }
  expect(done).toEqual([]);
  const own = { origin, 'sec-fetch-site': 'same-origin', authorization };
  expect((await ask('/actions/note', own, 'x')).status).toBe(200);
});

test('data and actions need the token, in its header', async () => {
  const wrong = ['', 'Bearer ', 'Bearer x', `Bearer ${token}x`, `Basic ${token}`, token];
  for (const given of wrong) {
    expect((await ask('/events', { authorization: given })).status).toBe(401);
    expect((await ask('/actions/note', { authorization: given }, 'x')).status).toBe(401);
  }
  expect((await ask(`/actions/note?token=${token}`, { cookie: `token=${token}` }, 'x')).status).toBe(401);
  expect(done).toEqual([]);
});

test('an action gets what was sent, within its limit, and may refuse it', async () => {
  const headers = { authorization, 'content-type': 'text/plain' };
  expect(await ask('/actions/note?a=1', headers, 'hello')).toMatchObject({ status: 200, body: '{"noted":1}' });
  expect(done).toEqual([{ query: 'a=1', type: 'text/plain', body: 'hello' }]);
  expect(await ask('/actions/note', headers, 'x'.repeat(101))).toMatchObject({ status: 413 });
  expect(await ask('/actions/note', headers, 'no')).toMatchObject({
    status: 409,
    body: '{"error":"That cannot be done."}',
  });
  for (const name of ['other', 'constructor', 'toString', '__proto__']) {
    expect((await ask(`/actions/${name}`, headers, 'x')).status).toBe(404);
  }
  expect((await ask('/actions/note', headers)).status).toBe(404);
});

test('files are had by their names alone, and nothing else of the disk', async () => {
  expect(await ask('/files/known')).toMatchObject({ status: 200, body: 'a file' });
  for (const path of [
    '/files/other',
    '/files/../server.ts',
    '/files/%2e%2e%2fpackage.json',
    '/package.json',
    '//etc/passwd',
  ]) {
    expect((await ask(path)).status).toBe(404);
  }
});

test('every answer forbids scripts, styles and requests of others, and that others frame it', async () => {
  for (const path of ['/', '/nothing', '/events']) {
    const { headers } = await ask(path);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|data:|https?:|\*/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  }
});

test('the stream has what there is, then each change once', async () => {
  feed.set('counters', [{ name: 'lost', label: 'lost', value: 0, wanted: 'none' }]);
  feed.put('log', { id: '1', at: 1, tone: 'plain', text: 'line\n\ndata: forged' });
  const response = await fetch(`${origin}/events`, { headers: { authorization } });
  const read = await readChanges(response, 2);
  feed.set('counters', [{ name: 'lost', label: 'lost', value: 0, wanted: 'none' }]);
  feed.put('log', { id: '2', at: 2, tone: 'good', text: 'two' });
  expect([...read, ...(await readChanges(response, 1))]).toEqual([
    { set: 'counters', value: [{ name: 'lost', label: 'lost', value: 0, wanted: 'none' }] },
    { put: 'log', value: [{ id: '1', at: 1, tone: 'plain', text: 'line\n\ndata: forged' }] },
    { put: 'log', value: [{ id: '2', at: 2, tone: 'good', text: 'two' }] },
  ]);
  expect(feed.subscribers).toBe(1);
  await response.body?.cancel();
  await expect.poll(() => feed.subscribers).toBe(0);
});

test('more pages than any user has are refused', async () => {
  const open = await Promise.all(
    Array.from({ length: 17 }, () => fetch(`${origin}/events`, { headers: { authorization } })),
  );
  expect(open.map(({ status }) => status).filter(status => status === 200)).toHaveLength(16);
  expect(open.filter(({ status }) => status === 503)).toHaveLength(1);
  await Promise.all(open.map(({ body }) => body?.cancel()));
});

test('the pages have no script, style or handler in them', () => {
  const directory = join(import.meta.dirname, '../../dist/page');
  const pages = readdirSync(directory).filter(name => name.endsWith('.html'));
  expect(pages).toContain('demo.html');
  for (const name of pages) {
    const html = readFileSync(join(directory, name), 'utf8');
    expect(html).not.toMatch(/<script(?![^>]* src="\/)[^>]*>|<style|\son\w+=|\sstyle=|javascript:|https?:/i);
  }
  const scripts = readdirSync(directory).filter(name => name.endsWith('.js'));
  for (const name of scripts) {
    expect(readFileSync(join(directory, name), 'utf8')).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/,
    );
  }
});

const decoder = new TextDecoder();

async function readChanges(response: Response, count: number): Promise<unknown[]> {
  const reader = response.body?.getReader();
  let text = '';
  const found = () => [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json));
  while (found().length < count) text += decoder.decode((await reader?.read())?.value);
  reader?.releaseLock();
  return found();
}
