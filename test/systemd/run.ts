/**
 * `npm run test:systemd`: runs `*.systemd.ts` against a real systemd, in containers of Debian 12 and of trixie, and the
 * container image under podman. It needs root on a Debian, and the network for the first run. The containers are kept in
 * the user's cache directory. It runs on Node 24, which needs no library that they lack.
 *
 * The tests run in a network of their own, so that nothing beyond 127.0.0.1 can be reached and ports can be fixed. They
 * have a cgroup tree of version 2, whatever the machine has. Arguments go to vitest.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname;
const root = join(here, '../..');
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kapso-whatsapp-systemd');
const suites = ['bookworm', 'trixie'];
const sdNotify = 'sd-notify@2.8.0';

const tools: Record<string, string> = {
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  ip: 'iproute2',
  unshare: 'util-linux',
  make: 'make',
  'g++': 'g++',
  python3: 'python3',
  podman: 'podman',
  buildah: 'buildah',
};

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): void {
  execFileSync(command, args, { stdio: 'inherit', env });
}

function installTools(): void {
  const found = (tool: string) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
  const missing = Object.keys(tools).filter(tool => !found(tool));
  const packages = missing.map(tool => tools[tool] ?? tool);
  if (!existsSync('/usr/include/systemd/sd-daemon.h')) packages.push('libsystemd-dev');
  if (packages.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], env);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], env);
}

/** Builds the native module against the headers of the Node that runs this. */
function buildNative(): string {
  const dir = join(cache, `${sdNotify}-node-${process.version}`);
  const built = join(dir, 'node_modules/sd-notify/build/Release/notify.node');
  if (existsSync(built)) return dir;
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'package.json'), '{"private":true}\n');
  const headers = join(process.execPath, '../..');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', sdNotify], {
    cwd: dir,
    stdio: 'inherit',
    env: { ...process.env, npm_config_nodedir: headers },
  });
  if (!existsSync(built)) throw new Error(`${sdNotify} was installed, but ${built} was not built`);
  return dir;
}

function main(): number {
  if (process.getuid?.() !== 0) {
    process.stderr.write('test:systemd starts containers: run it as root\n');
    return 77;
  }
  installTools();
  mkdirSync(cache, { recursive: true });
  for (const suite of suites) run(join(here, 'create-root.sh'), [suite, join(cache, suite)]);
  const native = buildNative();
  const isolated = `
    ip link set lo up
    if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then
      umount -R /sys/fs/cgroup 2>/dev/null || true
      mount -t cgroup2 cgroup2 /sys/fs/cgroup
    fi
    # Not exec: as PID 1 of its namespace the shell buries what loses its parent.
    status=0
    "$@" || status=$?
    exit $status`;
  const vitest = [process.execPath, join(root, 'node_modules/vitest/vitest.mjs'), 'run'];
  const config = ['--config', join(here, 'vitest.config.ts'), ...process.argv.slice(2)];
  const { status } = spawnSync(
    'unshare',
    [
      '--net',
      '--mount',
      '--propagation',
      'private',
      '--pid',
      '--mount-proc',
      '--kill-child',
      'sh',
      '-euc',
      isolated,
      'sh',
      ...vitest,
      ...config,
    ],
    { stdio: 'inherit', env: { ...process.env, SYSTEMD_TEST_CACHE: cache, SYSTEMD_TEST_NATIVE: native } },
  );
  return status ?? 1;
}

process.exitCode = main();
