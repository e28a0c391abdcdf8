import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startConnectProxy } from '../kapso/http/connect-proxy.ts';
import { createStage } from './programs.ts';
import { certificate, startTlsFront } from './tls-front.ts';

const password = 'proxy-pass-7d20c9';

function withPassword(origin: string): string {
  const url = new URL(origin);
  url.username = 'me';
  url.password = password;
  return url.href;
}

/** All that the programs have left on disk. */
function written(dir: string): string {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  return files.map(entry => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n');
}

describe('behind a proxy', () => {
  it.each([
    ['HTTPS_PROXY', 'HTTP_PROXY'],
    ['https_proxy', 'http_proxy'],
  ])('poller and CLI reach Kapso through %s, and it sees that host and nothing else', async (...variables) => {
    const stage = createStage();
    const kapso = await stage.startKapso(['--name', 'kapso.test']);
    const gateway = await stage.startGateway(['--reply', 'cli', '--cli', 'dist/kapso-whatsapp-cli.cjs']);
    const port = await startTlsFront(kapso.url);
    // Only the proxy knows this name.
    await using proxy = await startConnectProxy({ route: () => port });
    const env = {
      ...Object.fromEntries(variables.map(name => [name, withPassword(proxy.origin)])),
      KAPSO_BASE_URL: 'https://kapso.test',
      NODE_EXTRA_CA_CERTS: certificate,
    };
    const poller = await stage.startPoller(env);
    await poller.says('Connected to the gateway');
    await kapso.receive([{ text: 'through the proxy' }]);
    poller.signal('SIGUSR2');
    await stage.holds('settled', 1);
    const sent = await stage.run('cli', ['send', '--to', '+15551234567', '--text', 'hello'], env);
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    expect(await kapso.sent()).toMatchObject([{ to: '+15551234567', text: 'hello' }]);
    expect((await gateway.runs()).length).toBe(1);
    await poller.end('SIGTERM');
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT kapso.test:443']));
    expect(new Set(proxy.authorizations)).toEqual(
      new Set([`Basic ${Buffer.from(`me:${password}`).toString('base64')}`]),
    );
    expect(poller.lines.join('\n') + written(stage.stateDir)).not.toContain(password);
  });

  it.each(['127.0.0.1', 'localhost'])('one with TLS is used, named as %s', async host => {
    const stage = createStage();
    const kapso = await stage.startKapso(['--name', 'kapso.test']);
    const port = await startTlsFront(kapso.url);
    await using proxy = await startConnectProxy({ route: () => port });
    const env = {
      HTTPS_PROXY: `https://${host}:${await startTlsFront(proxy.origin)}`,
      KAPSO_BASE_URL: 'https://kapso.test',
      NODE_EXTRA_CA_CERTS: certificate,
    };
    const sent = await stage.run('cli', ['send', '--to', '+15551234567', '--text', 'hello', '--wait', '5'], env);
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    expect(proxy.asked).toEqual(['CONNECT kapso.test:443']);
  });

  it('a host in NO_PROXY, and a Kapso on this machine, are not asked of it', async () => {
    const stage = createStage();
    const kapso = await stage.startKapso();
    const port = await startTlsFront(kapso.url);
    await using proxy = await startConnectProxy();
    const env = { HTTPS_PROXY: proxy.origin, HTTP_PROXY: proxy.origin, NODE_EXTRA_CA_CERTS: certificate };
    const send = (baseUrl: string, more: Record<string, string> = {}) =>
      stage.run('cli', ['send', '--to', '+15551234567', '--text', 'hello', '--wait', '5'], {
        ...env,
        ...more,
        KAPSO_BASE_URL: baseUrl,
      });
    expect((await send(kapso.url)).code).toBe(0);
    expect((await send(`https://127.0.0.1:${port}`)).code).toBe(0);
    // Nobody knows that name here; but the proxy has not been asked for it either.
    expect((await send('https://kapso.test', { no_proxy: '.example,kapso.test' })).code).toBe(69);
    expect(proxy.asked).toEqual([]);
  });

  it('a proxy that refuses is named in the log and by the CLI, without its password', async () => {
    const stage = createStage();
    await stage.startGateway();
    await using proxy = await startConnectProxy({ answer: 407 });
    const env = { HTTPS_PROXY: withPassword(proxy.origin), KAPSO_BASE_URL: 'https://kapso.test' };
    const poller = await stage.startPoller(env);
    await poller.says('Polling Kapso failed');
    const sent = await stage.run('cli', ['send', '--to', '+15551234567', '--text', 'hello', '--wait', '2'], env);
    expect(sent.code).toBe(69);
    const shown = new URL(proxy.origin).host;
    expect(sent.stderr).toContain('407');
    expect(sent.stderr).toContain(`${shown} (HTTPS_PROXY)`);
    const log = poller.lines.join('\n');
    expect(log).toContain(`${shown} (HTTPS_PROXY)`);
    expect(sent.stderr + log + written(stage.stateDir)).not.toContain(password);
  });

  it.each(['poller', 'cli'] as const)('an address that is no proxy ends the start of the %s with 78', async program => {
    const stage = createStage();
    const args = program === 'cli' ? ['send', '--to', '+15551234567', '--text', 'hello'] : ['--check-config'];
    const env = { HTTPS_PROXY: `socks5://me:${password}@proxy:1080` };
    const { code, stdout, stderr } = await stage.run(program, args, env);
    expect(code).toBe(78);
    expect(stderr).toContain('HTTPS_PROXY');
    expect(stderr).toContain('SOCKS');
    expect(stdout + stderr).not.toContain(password);
  });
});

describe('a Kapso with a certificate of its own', () => {
  it('is trusted by NODE_EXTRA_CA_CERTS, and not without', async () => {
    const stage = createStage();
    const kapso = await stage.startKapso();
    const env = { KAPSO_BASE_URL: `https://127.0.0.1:${await startTlsFront(kapso.url)}` };
    const send = (more: Record<string, string>) =>
      stage.run('cli', ['send', '--to', '+15551234567', '--text', 'hello', '--wait', '2'], { ...env, ...more });
    const refused = await send({});
    expect(refused.code).toBe(69);
    expect(refused.stderr).toMatch(/NODE_EXTRA_CA_CERTS/);
    expect(await kapso.sent()).toEqual([]);
    expect(await send({ NODE_EXTRA_CA_CERTS: certificate })).toMatchObject({ code: 0 });
    const poller = await stage.startPoller({ ...env, NODE_EXTRA_CA_CERTS: certificate });
    await kapso.reaches('list', 1);
    await poller.end('SIGTERM');
  });
});
