/** What doctor says of a poller that runs with other settings than the configuration has by now. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Finding } from '../../src/doctor/doctor.ts';
import { runCli } from '../cli/program.ts';
import { bundles, nodeOptions } from '../e2e/programs.ts';
import { apiKey, closedPort, dir, domain, environment, holdState, look, makeState, stateDir } from './stage.ts';

/** Starts the poller, and resolves when its log has the pattern. It is ended with the test. */
async function startPoller(changes: NodeJS.ProcessEnv, says = /First start: messages from now on/) {
  const poller = spawn(process.execPath, [...nodeOptions(bundles.poller), bundles.poller], {
    env: { ...environment(), HOME: dir, ...changes },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(poller, 'close');
  onTestFinished(async () => {
    poller.kill('SIGKILL');
    await ended;
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    poller.stderr.setEncoding('utf8').on('data', text => {
      output += text;
      if (says.test(output)) resolve();
    });
    ended.then(() => reject(new Error(output)), reject);
  });
}

const of = (found: readonly Finding[], check: string) =>
  found.filter(finding => finding.check === check).map(({ level, says, todo }) => `${level}: ${says}. ${todo}`);

/** A port that another program has. */
async function takenPort(): Promise<number> {
  const other = createServer();
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  return (other.address() as AddressInfo).port;
}

test('the same settings are right, and its addresses are its own', async () => {
  const metrics = { KAPSO_METRICS_ENABLE: 'true', KAPSO_METRICS_ADDR: `127.0.0.1:${await closedPort()}` };
  await startPoller(metrics);
  const found = await look({ ...environment(), ...metrics });
  expect(of(found, 'running poller')).toEqual(['ok: the poller that runs has the settings of the configuration. null']);
  expect(of(found, 'listeners')).toEqual([
    `ok: the poller runs, and listens there itself: ${metrics.KAPSO_METRICS_ADDR}. null`,
  ]);
});

test('a mode that it does not have yet needs a restart, and the address is tried: the poller does not listen there', async () => {
  await startPoller({});
  const listen = `127.0.0.1:${await closedPort()}`;
  const found = await look({ ...environment(), ...domain(), KAPSO_WEBHOOK_ADDR: listen });
  expect(of(found, 'running poller')).toEqual([
    expect.stringMatching(/^warn: the poller that runs has other settings .*: mode, webhook\..*Restart it/),
  ]);
  expect(of(found, 'listeners')).toEqual([`ok: the webhook server can listen on ${listen}. null`]);
});

test('a port that another program has is found, and one that the poller has at another address is its own', async () => {
  const port = await closedPort();
  await startPoller({ KAPSO_METRICS_ENABLE: 'true', KAPSO_METRICS_ADDR: `:${port}` });
  const taken = await takenPort();
  const at = async (address: string) => {
    const env = { ...environment(), KAPSO_METRICS_ENABLE: 'true', KAPSO_METRICS_ADDR: address };
    return of(await look(env), 'listeners');
  };
  expect(await at(`127.0.0.1:${taken}`)).toEqual([expect.stringMatching(/^fail: .* cannot listen on .*EADDRINUSE/)]);
  expect(await at(`127.0.0.1:${port}`)).toEqual([expect.stringMatching(/^ok: .* the poller that runs has this port/)]);
});

test('a changed secret needs a restart, and what can be read again a reload; neither shows a value', async () => {
  await startPoller({});
  const changed = await look({ ...environment(), KAPSO_API_KEY: 'another-key-9c41' });
  expect(of(changed, 'running poller')).toEqual([
    expect.stringMatching(/^warn: .* configuration: kapso\.apiKey\. Restart/),
  ]);
  expect(JSON.stringify(changed)).not.toContain(apiKey);
  const reloadable = await look({ ...environment(), KAPSO_POLL_INTERVAL: '77' });
  expect(of(reloadable, 'running poller')).toEqual([
    expect.stringMatching(/^warn: .*: polling\.interval\. .*systemctl reload/),
  ]);
});

test('a key that Kapso refuses stays refused until the restart', async () => {
  await startPoller({ KAPSO_API_KEY: 'wrong-key-1f' }, /API key/);
  const code = () => JSON.parse(readFileSync(join(stateDir(), 'status.json'), 'utf8')).polling?.errorCode;
  await expect.poll(code, { timeout: 30_000 }).toBe('KAPSO_UNAUTHORIZED');
  const found = of(await look(environment()), 'running poller');
  expect(found).toEqual([
    expect.stringMatching(/^warn: .* kapso\.apiKey\. Restart/),
    expect.stringMatching(/^warn: Kapso refuses the poller that runs: .*When the key is right, restart the poller/),
  ]);
});

test('webhook.register that it runs without needs only the restart', async () => {
  const env = { ...domain(), KAPSO_WEBHOOK_ADDR: '127.0.0.1:0' };
  await startPoller(env, /listen/i);
  const todo = async (more: object) =>
    of(await look({ ...environment(), ...env, ...more }), 'webhook').find(line => /Kapso has no webhook/.test(line));
  expect(await todo({})).toMatch(/webhook register, or set webhook\.register$/);
  expect(await todo({ KAPSO_WEBHOOK_REGISTER: 'true' })).toMatch(
    /Restart the poller, which runs without webhook\.register/,
  );
});

test('of a poller that does not answer, its status file says the mode', async () => {
  await makeState();
  holdState();
  writeFileSync(join(stateDir(), 'status.json'), JSON.stringify({ mode: 'polling' }));
  const found = await look({ ...environment(), ...domain() });
  expect(of(found, 'running poller')).toEqual([
    expect.stringMatching(/^warn: .* than the configuration: mode\. Restart/),
  ]);
  expect(of(found, 'listeners')).toEqual(['ok: a poller runs, and does not say where it listens. null']);
});

test('config init --edit ends with the restart that the running poller needs', async () => {
  const file = join(dir, 'config.yaml');
  const { KAPSO_ACCESS_POLICY: _, ...env } = environment();
  writeFileSync(file, 'access: { policy: pairing }\npolling: { interval: 30 }\n', { mode: 0o600 });
  await startPoller({ ...env, KAPSO_ACCESS_POLICY: undefined, KAPSO_CONFIG: file });
  const edit = ['config', 'init', '--edit', '--yes', '--no-doctor', '--config', file, '--mode', 'domain'];
  const ended = await runCli([...edit, '--public-url', 'https://bridge.example.org/webhook'], {
    env: { ...(env as Record<string, string>), HOME: dir },
  });
  expect(ended).toMatchObject({ code: 0 });
  expect(ended.stdout.trim().split('\n').at(-1)).toMatch(
    /^Next: restart the poller, which runs without what was changed \(mode, .*\): systemctl restart/,
  );
});
