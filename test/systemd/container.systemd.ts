import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { ask } from './ask.ts';
import { required } from './machine.ts';
import { buildPackage } from './packages.ts';

const root = join(import.meta.dirname, '../..');
const overlay = 0x794c7630;
// podman's own overlay does not go upon another one, as in a container.
const driver = statfsSync('/').type === overlay ? { STORAGE_DRIVER: 'vfs' } : {};
const env = { ...process.env, ...driver };
const name = `kapso-test-${randomBytes(4).toString('hex')}`;
const image = `localhost/${name}`;
const dir = mkdtempSync(join(tmpdir(), 'kapso-container-'));
const secrets = join(dir, 'secrets');
/** The user of the image. */
const user = 65532;

const podman = (...args: string[]) =>
  execFileSync('podman', args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] });
const inside = (script: string) => podman('exec', name, 'sh', '-c', script);
const logs = () => {
  const { stdout, stderr } = spawnSync('podman', ['logs', name], { encoding: 'utf8', env });
  return stdout + stderr;
};
const health = () => spawnSync('podman', ['healthcheck', 'run', name], { env }).status;

/** A base from the Debian of the other tests, in the place of the one that a registry has. */
function importBase(): string {
  const debian = join(required('SYSTEMD_TEST_CACHE'), 'trixie');
  const base = `localhost/kapso-test-base:${readFileSync(join(debian, '.ready'), 'utf8').slice(0, 16)}`;
  if (spawnSync('podman', ['image', 'exists', base], { env }).status !== 0) {
    execFileSync('sh', ['-euc', 'tar -C "$1" -c . | podman import --quiet - "$2"', 'sh', debian, base], { env });
  }
  return base;
}

beforeAll(() => {
  buildPackage(join(dir, 'packages'), 1);
  const options = [
    '--isolation',
    'chroot',
    '--format',
    'docker',
    '--build-arg',
    `BASE=${importBase()}`,
    '--tag',
    image,
  ];
  const file = join(root, 'packaging/container/Dockerfile');
  execFileSync('buildah', ['bud', '--quiet', ...options, '--file', file, join(dir, 'packages')], { env });
  mkdirSync(secrets);
});
afterAll(() => {
  for (const args of [
    ['rm', '--force', '--volumes', name],
    ['volume', 'rm', '--force', name],
    ['rmi', '--force', image],
  ]) {
    spawnSync('podman', args, { env });
  }
  rmSync(dir, { recursive: true });
});

it('the container image answers a message, with nothing to write to but its state and no rights, and ends in order', async () => {
  const kapso = await startKapsoSimulator({ apiKey: 'api-key-of-the-image' });
  const gateway = await startGatewaySimulator({ token: 'token-of-the-image' });
  try {
    const values = {
      'kapso-api-key': kapso.apiKey,
      'gateway-token': 'token-of-the-image',
      'webhook-verify-token': 'verify-77aa',
    };
    for (const [secret, value] of Object.entries(values)) {
      writeFileSync(join(secrets, secret), `${value}\n`, { mode: 0o400 });
      chownSync(join(secrets, secret), user, user);
    }
    const settings = {
      KAPSO_MODE: 'domain',
      KAPSO_POLL_FALLBACK: 'true',
      KAPSO_POLL_INTERVAL: '5',
      KAPSO_WEBHOOK_ADDR: ':18790',
      KAPSO_PHONE_NUMBER_ID: kapso.phoneNumberId,
      KAPSO_BASE_URL: kapso.url,
      OPENCLAW_GATEWAY_URL: gateway.url,
    };
    podman(
      ...[
        'run',
        '--detach',
        '--name',
        name,
        '--network=host',
        '--read-only',
        '--read-only-tmpfs=false',
        '--cap-drop=all',
      ],
      ...['--security-opt=no-new-privileges', `--volume=${name}:/state`, `--volume=${secrets}:/run/secrets:ro`],
      // What is not allowed where the tests themselves are in a container; and no systemd has a timer for the health check.
      ...['--cgroups=disabled', '--ulimit=nofile=1024:1024', '--ulimit=nproc=1000:1000', '--health-interval=disable'],
      ...Object.entries(settings).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
      image,
    );
    const answered = async (text: string, count: number) => {
      await ask(`${kapso.url}/__sim/inbound`, { method: 'POST', body: JSON.stringify({ text }) });
      await ask(`${kapso.url}/__sim/wait?for=sent&count=${count}&timeout=60000`);
      expect(kapso.sent().map(sent => sent.text)).toHaveLength(count);
    };
    // The first start takes no messages of the past.
    await ask(`${kapso.url}/__sim/wait?for=list&count=1&timeout=60000`);
    await answered('to the container', 1);
    expect((await ask('http://127.0.0.1:18790/health')).status).toBe(200);
    expect(health()).toBe(0);

    expect(inside('id -u; tr "\\0" " " < /proc/1/cmdline')).toBe(
      `${user}\n/usr/bin/tini-static -- kapso-whatsapp-poller `,
    );
    expect(inside('grep ^Cap /proc/2/status')).not.toMatch(/[1-9a-f]$/m);
    for (const path of ['/', '/tmp', '/usr', '/etc', '/run']) {
      expect(inside(`touch ${path}/x 2>&1 || true`)).toMatch(/Read-only file system|Permission denied/);
    }
    expect(inside('stat --format="%a %u" /state')).toBe(`700 ${user}\n`);
    for (const value of ['api-key-of-the-image', 'token-of-the-image', 'verify-77aa']) {
      expect(podman('inspect', name) + logs() + inside('cat /proc/*/cmdline /proc/2/environ')).not.toContain(value);
    }
    // A child whose parent has ended belongs to process 1, which has to bury it.
    inside('sh -c "sleep 0.2 & exit"; sleep 0.5');
    expect(inside('cat /proc/[0-9]*/stat')).not.toMatch(/\) Z /);

    const end = () => {
      podman('stop', '--time=30', name);
      return podman('inspect', '--format={{.State.ExitCode}}', name).trim();
    };
    expect(end()).toBe('0');
    expect(logs()).toMatch(/Stopped left=0/);
    podman('start', name);
    await answered('after a restart', 2);
    expect(gateway.runs()).toHaveLength(2);
    expect(end()).toBe('0');
  } finally {
    await kapso.close();
    await gateway.close();
  }
});

it('the health check of the image fails where no poller runs', () => {
  podman('rm', '--force', name);
  podman(
    ...['run', '--detach', '--name', name, '--network=host', '--cgroups=disabled', '--ulimit=nofile=1024:1024'],
    ...['--ulimit=nproc=1000:1000', '--health-interval=disable', `--volume=${name}:/state`, image, 'sleep', '60'],
  );
  expect(health()).toBe(1);
});
