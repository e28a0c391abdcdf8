import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, type TestContext, test } from 'vitest';
import { closedOrigin } from '../kapso/http/local-server.ts';
import { type Answer, accepted, account, bundle, type Ended, startApi } from './program.ts';

const to = '+15551234567';
/** A name server and a host that accept everything and never answer. */
const silent = '192.0.2.9';

/** Runs the program where it can reach only what `setup` makes: a network and mounts of its own, which end with it. */
async function runCutOff(context: TestContext, setup: string, args: string[], env = {}): Promise<Ended> {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const words = ['--net', '--mount', ...asRoot, 'sh', '-c', `{ ${setup}; } >&2 || exit 111; exec "$@"`, 'sh'];
  const child = spawn('unshare', [...words, process.execPath, bundle, 'send', '--to', to, ...args, 'Hello'], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', KAPSO_API_KEY: 'a-key', KAPSO_PHONE_NUMBER_ID: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const started = await Promise.race([once(child, 'spawn').then(() => true), once(child, 'error').then(() => false)]);
  if (!started) context.skip('there is no unshare here');
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code === 111 || stderr.startsWith('unshare:')) context.skip(`no network of its own can be had here: ${stderr}`);
  return { code, stdout, stderr };
}

const link = [
  'ip link set lo up',
  'ip link add v0 type veth peer name v1',
  'ip addr add 192.0.2.1/24 dev v0',
  'ip link set v0 up',
  'ip link set v1 up',
  `ip neigh add ${silent} lladdr 02:00:00:00:00:09 dev v0`,
].join(' && ');

describe('without a network, send says so and that nothing was sent', () => {
  test('where no name can be resolved', async context => {
    const ended = await runCutOff(context, 'true', ['--wait', '0']);
    expect(ended).toMatchObject({ code: 69, stdout: '' });
    expect(ended.stderr).toMatch(/^kapso-whatsapp-cli: .*EAI_AGAIN.*Nothing was sent\.[^\n]*\n$/);
  });

  test('where no name server answers, without waiting for the resolver to give up', async context => {
    const directory = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
    const resolvers = join(directory, 'resolv.conf');
    await writeFile(resolvers, `nameserver ${silent}\nnameserver ${silent}\nnameserver ${silent}\n`);
    const begun = performance.now();
    const ended = await runCutOff(context, `${link} && mount --bind ${resolvers} /etc/resolv.conf`, ['--wait', '1']);
    // The resolver would take thirty.
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(ended).toMatchObject({ code: 69, stdout: '' });
    expect(ended.stderr).toMatch(/gave up waiting to connect after 1 s\. Nothing was sent\./);
    await rm(directory, { recursive: true });
  });

  test('where nothing answers a connection', async context => {
    const ended = await runCutOff(context, link, ['--wait', '1'], { KAPSO_BASE_URL: `https://${silent}` });
    expect(ended).toMatchObject({ code: 69, stdout: '' });
    expect(ended.stderr).toMatch(/gave up waiting to connect after 1 s\. Nothing was sent\./);
  });

  test('where there is no route', async context => {
    const ended = await runCutOff(context, 'ip link set lo up', ['--wait', '0'], {
      KAPSO_BASE_URL: `https://${silent}`,
    });
    expect(ended).toMatchObject({ code: 69, stdout: '' });
    expect(ended.stderr).toMatch(/ENETUNREACH.*Nothing was sent\./);
  });
});

/** Runs the program on a terminal of its own, which shows what it writes. */
function startOnTerminal(args: string[], env: Record<string, string>): ChildProcess & { screen: () => string } {
  const words = [process.execPath, bundle, 'send', '--to', to, ...args, 'Hello'];
  const child = spawn(
    'script',
    ['--quiet', '--return', '--command', words.map(word => `'${word}'`).join(' '), '/dev/null'],
    {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  let screen = '';
  child.stdout?.on('data', chunk => {
    screen += chunk;
    child.emit('shown');
  });
  return Object.assign(child, { screen: () => screen });
}

describe.skipIf(process.platform !== 'linux')('on a terminal, send shows that it is trying', () => {
  test('and leaves nothing of that when it is done', async () => {
    const answer = Promise.withResolvers<Answer>();
    const kapso = await startApi(() => answer.promise);
    const child = startOnTerminal([], account(kapso));
    while (!child.screen().includes('Sending')) await once(child, 'shown');
    answer.resolve(accepted(1));
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(child.screen()).toMatch(/^(\rSending to \+15551234567… \d+ s)+\r +\rwamid\.OUT1\r\n$/);
    await kapso.close();
  });

  test('and why it takes so long', async () => {
    const child = startOnTerminal(['--wait', '4'], account({ url: await closedOrigin() }));
    const [code] = await once(child, 'close');
    expect(code).toBe(69);
    expect(child.screen()).toMatch(/\rSending to \+15551234567… \d+ s: POST 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    expect(child.screen()).toMatch(/\r +\rkapso-whatsapp-cli: POST .* Nothing was sent\..*\r\n$/);
  });

  test('but not to a program that reads JSON', async () => {
    const child = startOnTerminal(['--wait', '3', '--json'], account({ url: await closedOrigin() }));
    expect(await once(child, 'close')).toEqual([69, null]);
    expect(child.screen()).toMatch(/^\{"error":[^\r]*\}\r\n$/);
  });
});
