import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { oldestNodes } from '../../src/node-options.ts';

const project = join(import.meta.dirname, '../..');
const platform = `${process.platform}-${process.arch}`;
let dir: string;

beforeEach(() => {
  vi.stubEnv('CHECKOUT_NODE', undefined);
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'checkout-')));
  mkdirSync(join(dir, 'checkout'));
  copyFileSync(join(project, 'checkout/run.cjs'), join(dir, 'checkout/run.cjs'));
  needs('>=24.16 <25 || >=26.1');
  // Says on which Node.js it runs, which one its children find, and with what it was called.
  write(
    'say.cjs',
    `const found = require('node:child_process').execFileSync('sh', ['-c', 'command -v node'], { encoding: 'utf8' });
    console.log(JSON.stringify({ node: process.argv0, found: found.trim(), args: process.argv.slice(2) }));`,
  );
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

function write(path: string, content: string): string {
  const file = join(dir, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function needs(node: string): void {
  write('package.json', JSON.stringify({ engines: { node } }));
}

/** A package with a Node.js, as npm unpacks it into this directory. */
function bring(modules: string, line: 24 | 26, runs = true): string {
  write(join(modules, `node-${platform}/package.json`), '{}');
  const script = runs
    ? `[ "$1" = --version ] && echo v${line}.9.0 && exit\nexec '${process.execPath}' "$@"`
    : 'exit 127';
  const node = write(join(modules, `node-${platform}/bin/node`), `#!/bin/sh\n${script}\n`);
  chmodSync(node, 0o755);
  return node;
}

function start(...args: string[]) {
  return spawn(process.execPath, [join(dir, 'checkout/run.cjs'), ...args], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(...args: string[]) {
  const child = start(...args);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

const said = async (...args: string[]) => JSON.parse((await run(...args)).stdout);

describe('checkout/run.cjs', () => {
  it.each(['node_modules', 'checkout/node-26/node_modules'])(
    'runs on the Node.js that npm has put into %s',
    async modules => {
      const node = bring(modules, 26);
      expect(await said('say.cjs', 'a b', '--c')).toEqual({
        node: process.execPath,
        found: node,
        args: ['a b', '--c'],
      });
    },
  );

  it('runs on 24 where 26 does not run, or where that is asked for', async () => {
    const older = bring('node_modules', 24);
    const newer = bring('checkout/node-26/node_modules', 26);
    expect(await said('say.cjs')).toMatchObject({ found: newer });
    vi.stubEnv('CHECKOUT_NODE', '24');
    expect(await said('say.cjs')).toMatchObject({ found: older });
    vi.stubEnv('CHECKOUT_NODE', '22');
    expect(await run('say.cjs')).toEqual({
      code: 78,
      stdout: '',
      stderr: 'CHECKOUT_NODE=22: npm ci has brought no such Node.js that runs here; there are 26 and 24.\n',
    });
    vi.stubEnv('CHECKOUT_NODE', undefined);
    bring('checkout/node-26/node_modules', 26, false);
    expect(await said('say.cjs')).toMatchObject({ found: older });
  });

  it('runs a program of node_modules by its name', async () => {
    const node = bring('node_modules', 24);
    mkdirSync(join(dir, 'node_modules/.bin'));
    symlinkSync(join(dir, 'say.cjs'), join(dir, 'node_modules/.bin/say'));
    expect(await said('say', 'x')).toMatchObject({ found: node, args: ['x'] });
  });

  it('runs on its own Node.js where npm has none for the machine, or none that runs there', async () => {
    expect(await said('say.cjs')).toMatchObject({ node: process.execPath, found: process.execPath });
    bring('node_modules', 24, false);
    expect(await said('say.cjs')).toMatchObject({ node: process.execPath, found: process.execPath });
  });

  it('says in a sentence what is needed where its own is too old, with 78', async () => {
    needs('>=99.3');
    const { code, stdout, stderr } = await run('say.cjs');
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toBe(
      `kapso-whatsapp needs Node.js 99.3 or newer; this is ${process.versions.node}, ` +
        `and npm ci has brought none that runs on ${platform} ` +
        '(it does for Linux with glibc, x64 and arm64, unless optional packages are left out).\n',
    );
  });

  it('does not run on a Node.js between those lines, nor on one before the oldest of its own', async () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const others = [
      [
        `>=${major - 1}.0 <${major} || >=${major + 1}.1`,
        `${major - 1}.0 or a later ${major - 1}, or ${major + 1}.1 or newer`,
      ],
      [
        `>=${major - 1}.0 <${major} || >=${major}.${minor + 1}`,
        `${major - 1}.0 or a later ${major - 1}, or ${major}.${minor + 1} or newer`,
      ],
    ] as const;
    for (const [engines, wanted] of others) {
      needs(engines);
      const { code, stderr } = await run('say.cjs');
      expect({ code, stderr }).toMatchObject({
        code: 78,
        stderr: expect.stringContaining(`needs Node.js ${wanted}; this is`),
      });
    }
    needs(`>=${major}.${minor} <${major + 1} || >=${major + 2}.1`);
    expect(await said('say.cjs')).toMatchObject({ node: process.execPath });
  });

  it('ends as the program ends, and passes on what is to end it', async () => {
    bring('node_modules', 24);
    write('exit.cjs', 'process.exit(3)');
    expect((await run('exit.cjs')).code).toBe(3);
    write(
      'wait.cjs',
      `process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('waits')`,
    );
    const child = start('wait.cjs');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([5, null]);
  });
});

it('asks for the same Node.js as the programs', () => {
  const { engines } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  const [lts, latest] = oldestNodes;
  expect(engines.node).toBe(`>=${lts} <${parseInt(lts, 10) + 1} || >=${latest}`);
});
