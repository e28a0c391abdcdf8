import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Resolve } from '../../src/media/connection.ts';
import { MediaError } from '../../src/media/errors.ts';
import { fetchMedia, type MediaRequest } from '../../src/media/fetch.ts';
import { type LocalServer, serve } from '../kapso/http/local-server.ts';
import { hostileNames, hostileUrls } from './hostile-urls.ts';

/** Counts whoever connects, on every address of this machine. */
let victim: { server: Server; port: number; connections: number };
/** A server that may be asked, and redirects to what stands behind `?to=`. */
let kapso: LocalServer;
let seen: (string | undefined)[] = [];
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hostile-'));
  const server = createServer(socket => {
    victim.connections++;
    socket.destroy();
  }).listen(0, '::');
  await once(server, 'listening');
  victim = { server, port: (server.address() as AddressInfo).port, connections: 0 };
  kapso = await serve((request, response) => {
    seen.push(request.headers['x-api-key'] as string | undefined);
    const to = new URL(request.url ?? '', 'http://any').searchParams.get('to') ?? '';
    response.writeHead(302, { location: Buffer.from(to, 'utf8').toString('latin1') }).end();
  });
});
afterAll(async () => {
  victim.server.close();
  await kapso[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

const own = Object.values(networkInterfaces())
  .flat()
  .find(address => address && !address.internal)?.address;

function standIn(): { resolve: Resolve; asked: string[] } {
  const names = hostileNames(own ?? '127.0.0.1');
  const asked: string[] = [];
  const resolve: Resolve = (hostname, _, done) => {
    const said = names[hostname] ?? [];
    const turn = asked.filter(name => name === hostname).length;
    asked.push(hostname);
    const now = Array.isArray(said[0]) ? said[Math.min(turn, said.length - 1)] : said;
    const addresses = (now as readonly string[]).map(address => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (addresses.length > 0) return done(null, addresses);
    done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), []);
  };
  return { resolve, asked };
}

async function attempt(url: string, changes: Partial<MediaRequest> = {}): Promise<MediaError> {
  const error = await fetchMedia({
    url,
    headers: { 'x-api-key': 'key-5f0a' },
    into: join(dir, 'file'),
    maxBytes: 1_000_000,
    signal: new AbortController().signal,
    allow: { origin: kapso.origin },
    ...changes,
  }).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MediaError);
  return error as MediaError;
}

const urls = hostileUrls.map(url => [JSON.stringify(url), url] as const);
const concrete = (url: string) => url.replace('PORT', String(victim.port));
/** A name without an address is not refused: it may have one later. */
const kindOf = (url: string) => (url.includes('no-address') ? 'network' : 'refused');

describe('an address that is not public is not reached', () => {
  test('there are enough of them', () => expect(new Set(hostileUrls).size).toBeGreaterThan(60));

  test.each(urls)('%s', async (_, url) => {
    const { resolve, asked } = standIn();
    expect((await attempt(concrete(url), { resolve })).kind).toBe(kindOf(url));
    expect(asked.length).toBeLessThanOrEqual(1);
    expect([victim.connections, readdirSync(dir)]).toEqual([0, []]);
  });

  test.each(urls)('nor after a redirect to %s', async (_, url) => {
    const { resolve } = standIn();
    seen = [];
    const error = await attempt(`${kapso.origin}/?to=${encodeURIComponent(concrete(url))}`, { resolve });
    expect(error.kind).toBe(kindOf(url));
    expect(seen).toEqual(['key-5f0a']);
    expect([victim.connections, readdirSync(dir)]).toEqual([0, []]);
  });

  test('the one who asks is told of the address, and of no path, which may have a token', async () => {
    const { resolve } = standIn();
    expect((await attempt('https://to-metadata.example/a?token=1234', { resolve })).message).toBe(
      'the file was not fetched: to-metadata.example leads to 169.254.169.254, which is no public address',
    );
  });
});
