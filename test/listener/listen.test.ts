import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, isIPv6, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatListenAddress, parseListenAddress } from '../../src/config/listen-address.ts';
import { type ListenTarget, listen as listenAs } from '../../src/listener/listen.ts';

const listener = { name: 'the webhook server', setting: 'webhook.listen (KAPSO_WEBHOOK_ADDR)' };
const listen = (server: Server, target: ListenTarget) => listenAs(server, target, listener);

describe('a listen address', () => {
  it.each([
    [':18790', { host: null, port: 18790 }],
    ['127.0.0.1:18790', { host: '127.0.0.1', port: 18790 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:18790', { host: '::1', port: 18790 }],
    ['unix:/run/webhook.sock', { path: '/run/webhook.sock' }],
  ])('%s is read, and written back the same', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
    expect(formatListenAddress(parseListenAddress(text))).toBe(text);
  });

  it('* stands for every interface', () => {
    expect(parseListenAddress('*:80')).toEqual({ host: null, port: 80 });
  });

  it('takes as an IPv6 address what the system takes for one', () => {
    const takes = (host: string) => {
      try {
        return 'host' in parseListenAddress(`[${host}]:80`);
      } catch {
        return false;
      }
    };
    const part = fc.constantFrom(
      '',
      '0',
      '1',
      'ffff',
      'fe80',
      '12345',
      'g',
      '1.2.3.4',
      '1.2.3',
      '%eth0',
      '%',
      ']',
      '/',
      '@',
    );
    const text = fc.array(part, { maxLength: 9 }).map(parts => parts.join(':').replace(':%', '%'));
    fc.assert(
      fc.property(text, host => takes(host) === isIPv6(host)),
      { numRuns: 5_000 },
    );
    for (const host of ['::', '::1', 'fe80::1%eth0', '2001:DB8::1', '::ffff:127.0.0.1']) expect(takes(host)).toBe(true);
  });

  it.each([
    ['', /no port/],
    ['18790', /no port/],
    ['localhost', /no port/],
    [':http', /no port between/],
    [':65536', /no port between/],
    [':-1', /no port between/],
    ['::1:18790', /ambiguous/],
    ['[localhost]:1', /no IPv6 address/],
    ['http://127.0.0.1:18790', /ambiguous/],
    ['a b:1', /no host name/],
    ['unix:webhook.sock', /absolute/],
    ['unix:/run/', /file/],
    [`unix:/${'x'.repeat(120)}`, /107 bytes/],
  ])('%j is refused with a reason and a hint', (text, reason) => {
    expect(() => parseListenAddress(text)).toThrow(reason);
    try {
      parseListenAddress(text);
    } catch (error) {
      expect(error).toMatchObject({ code: 'LISTEN_ADDRESS_INVALID', hint: expect.stringMatching(/./) });
    }
  });
});

describe('listening', () => {
  let dir: string;
  const open: ReturnType<typeof createServer>[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'webhook-listen-'));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map(server => new Promise(resolve => server.close(resolve))));
    rmSync(dir, { recursive: true });
  });

  const newServer = () => {
    const server = createServer((_request, response) => response.end('here'));
    open.push(server);
    return server;
  };
  const reachable = async (options: { host: string; port: number } | { path: string }) => {
    const socket = connect(options);
    await once(socket, 'connect');
    socket.destroy();
  };

  it('on every interface takes IPv4 and IPv6', async () => {
    const address = await listen(newServer(), { host: null, port: 0 });
    expect(address).toEqual({ host: null, port: expect.any(Number) });
    const port = 'port' in address ? address.port : 0;
    await reachable({ host: '127.0.0.1', port });
    if (existsSync('/proc/net/if_inet6') && readFileSync('/proc/net/if_inet6', 'utf8').includes(' lo')) {
      await reachable({ host: '::1', port });
    }
  });

  it('on a taken port says so and what to do', async () => {
    const address = await listen(newServer(), { host: '127.0.0.1', port: 0 });
    await expect(listen(newServer(), address)).rejects.toMatchObject({
      code: 'LISTEN_ADDRESS_UNAVAILABLE',
      message: expect.stringContaining(formatListenAddress(address)),
      hint: expect.stringContaining('KAPSO_WEBHOOK_ADDR'),
    });
  });

  it('on a Unix socket lets owner and group in, nobody else, and removes the file at the end', async () => {
    const path = join(dir, 'webhook.sock');
    const server = newServer();
    const umask = process.umask();
    expect(await listen(server, { path })).toEqual({ path });
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(process.umask()).toBe(umask);
    await reachable({ path });
    await new Promise(resolve => server.close(resolve));
    expect(existsSync(path)).toBe(false);
  });

  it('takes over the socket file that a killed process left behind', async () => {
    const path = join(dir, 'webhook.sock');
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(path)).toBe(true);

    await listen(newServer(), { path });
    await reachable({ path });
  });

  it('leaves alone a socket that somebody listens on', async () => {
    const path = join(dir, 'webhook.sock');
    await listen(newServer(), { path });
    await expect(listen(newServer(), { path })).rejects.toMatchObject({ code: 'LISTEN_ADDRESS_UNAVAILABLE' });
    await reachable({ path });
  });

  it('leaves alone a file that is not a socket', async () => {
    const path = join(dir, 'precious');
    writeFileSync(path, 'data');
    await expect(listen(newServer(), { path })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      hint: expect.stringContaining('not a socket'),
    });
    expect(readFileSync(path, 'utf8')).toBe('data');
  });

  it('says which directory is missing', async () => {
    await expect(listen(newServer(), { path: join(dir, 'missing/webhook.sock') })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      hint: expect.stringContaining('directory'),
    });
  });

  it('serves a socket inherited by its number', async () => {
    const parent = newServer();
    const address = await listen(parent, { host: '127.0.0.1', port: 0 });
    const handle = (parent as unknown as { _handle: { fd: number } })._handle;
    const script = `
      const { listen } = await import(${JSON.stringify(new URL('../../src/listener/listen.ts', import.meta.url))});
      const { createServer } = await import('node:http');
      const server = createServer((request, response) => { response.end('child'); });
      console.log(JSON.stringify(await listen(server, { fd: 3 }, { name: 'the server', setting: 'listen' })));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit', handle.fd],
    });
    const [line] = (await once(child.stdout ?? expect.unreachable(), 'data')) as [Buffer];
    expect(JSON.parse(line.toString())).toEqual(address);
    const port = 'port' in address ? address.port : 0;
    await new Promise(resolve => parent.close(resolve));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('child');
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});
