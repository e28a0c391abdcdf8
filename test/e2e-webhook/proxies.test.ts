import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStage } from '../e2e/programs.ts';
import { addressOf, domainMode, textDelivery } from './delivery.ts';

const name = 'whatsapp.example.com';

interface Proxy {
  program: string;
  /** The Debian package it is in. */
  package: string;
  /** Language of its block in the page. */
  block: string;
  /** What differs here from the page, and its replacement. Everything else is as the page has it. */
  changes: (socket: string, upstream: string) => [string, string][];
  /** What a system's own main configuration has around the block. */
  main: (block: string, dir: string) => string;
  args: (file: string, dir: string) => string[];
  /** Its log line when it takes connections. */
  ready: string;
}

const nginx: Proxy = {
  program: 'nginx',
  package: 'nginx-light',
  block: 'nginx',
  changes: (socket, upstream) => [
    ['listen 443 ssl;', `listen unix:${socket};`],
    ['    ssl_certificate     /etc/letsencrypt/live/whatsapp.example.com/fullchain.pem;\n', ''],
    ['    ssl_certificate_key /etc/letsencrypt/live/whatsapp.example.com/privkey.pem;\n', ''],
    ['127.0.0.1:18790', upstream],
  ],
  main: (block, dir) => `
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off;
    pid ${dir}/nginx.pid;
    error_log stderr notice;
    events {}
    http {
      access_log off;
      client_body_temp_path ${dir}/body;
      proxy_temp_path ${dir}/proxy;
      fastcgi_temp_path ${dir}/fastcgi;
      uwsgi_temp_path ${dir}/uwsgi;
      scgi_temp_path ${dir}/scgi;
      ${block}
    }`,
  args: (file, dir) => ['-p', dir, '-e', 'stderr', '-c', file],
  ready: 'start worker process ',
};

const caddy: Proxy = {
  program: 'caddy',
  package: 'caddy',
  block: 'caddyfile',
  changes: (socket, upstream) => [
    [`${name} {\n`, `http://${name} {\n\tbind unix/${socket}\n`],
    ['127.0.0.1:18790', upstream],
  ],
  main: block => `{\n\tadmin off\n}\n${block}`,
  args: file => ['run', '--adapter', 'caddyfile', '--config', file],
  ready: 'serving initial configuration',
};

/** The only block in this language of the page about an own domain. Throws when there is another number of them. */
function documentedBlock(language: string): string {
  const page = readFileSync(join(import.meta.dirname, '../../docs/guides/domain.md'), 'utf8');
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))];
  if (blocks.length !== 1) throw new Error(`docs/guides/domain.md has ${blocks.length} blocks of ${language}, not one`);
  return blocks[0]?.[1] ?? '';
}

function changed(block: string, changes: readonly [string, string][]): string {
  return changes.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2)
      throw new Error(`the block of docs/guides/domain.md has "${from}" not exactly once`);
    return text.replace(from, () => to);
  }, block);
}

const isInstalled = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

let dir: string;
let child: ChildProcess | null;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'proxy-'));
  child = null;
});
afterEach(async () => {
  const running = child;
  if (running !== null && running.exitCode === null && running.signalCode === null) {
    const gone = new Promise(resolve => running.once('exit', resolve));
    running.kill('SIGTERM');
    await gone;
  }
  rmSync(dir, { recursive: true, force: true });
});

async function start(proxy: Proxy, upstream: string): Promise<string> {
  const socket = join(dir, 'proxy.sock');
  const file = join(dir, 'proxy.conf');
  mkdirSync(join(dir, 'home'));
  writeFileSync(file, proxy.main(changed(documentedBlock(proxy.block), proxy.changes(socket, upstream)), dir));
  const started = spawn(proxy.program, proxy.args(file, dir), {
    env: { PATH: process.env.PATH, HOME: join(dir, 'home'), XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child = started;
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface(started.stderr).on('line', line => {
      lines.push(line);
      if (line.includes(proxy.ready)) resolve();
    });
    started.once('error', reject);
    started.once('exit', code => reject(new Error(`${proxy.program} ended with ${code}:\n${lines.join('\n')}`)));
  });
  return socket;
}

/** One request through the proxy; resolves with the status. */
function send(socketPath: string, method: string, path: string, headers: Record<string, string> = {}, body?: Buffer) {
  return new Promise<number>((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers: { ...headers, host: name } }, response => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe.each([nginx, caddy])('$program as docs/guides/domain.md sets it up', proxy => {
  const missing = !isInstalled(proxy.program);
  const title = 'forwards signed webhooks byte for byte, and nothing else';
  const reason = ` (skipped: ${proxy.program} is not installed; apt-get install ${proxy.package})`;

  it.skipIf(missing)(missing ? title + reason : title, async () => {
    const stage = createStage();
    await stage.startKapso();
    const gateway = await stage.startGateway();
    const poller = await stage.startPoller(domainMode);
    const { host, pathname } = new URL(await addressOf(poller, 0));
    const socket = await start(proxy, host);

    const texts = ['plain', 'ünïcödé 🙂 \u2028 \\u0041 "quoted"', 'x'.repeat(400_000)];
    for (const [n, text] of texts.entries()) {
      const { body, headers } = textDelivery({ id: `wamid.PROXY${n}`, from: '15551234567', text });
      expect(await send(socket, 'POST', pathname, headers, Buffer.from(body))).toBe(200);
    }
    await gateway.reaches('runs', texts.length);
    expect((await gateway.runs()).map(({ key }) => key)).toEqual(texts.map((_, n) => `wamid.PROXY${n}`));

    const { body, headers } = textDelivery({ id: 'wamid.FORGED', from: '15551234567', text: 'forged' });
    const flipped = Buffer.from(body);
    flipped.writeUInt8(flipped.readUInt8(20) ^ 1, 20);
    expect(await send(socket, 'POST', pathname, headers, flipped)).toBe(401);
    const { 'X-Webhook-Signature': _, ...unsigned } = headers;
    expect(await send(socket, 'POST', pathname, unsigned, Buffer.from(body))).toBe(401);
    expect(await send(socket, 'POST', pathname, headers, Buffer.alloc(2 * 1024 * 1024))).toBe(413);

    const verify = new URLSearchParams({ 'hub.mode': 'subscribe', 'hub.challenge': 'echo' });
    verify.set('hub.verify_token', String(domainMode.KAPSO_WEBHOOK_VERIFY_TOKEN));
    expect(await send(socket, 'GET', `${pathname}?${verify}`)).toBe(200);
    for (const path of ['/', '/health', '/webhook/more']) expect(await send(socket, 'GET', path)).toBe(404);
  });
});
