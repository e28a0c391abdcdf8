import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { writeSetup } from '../../src/setup/write-setup.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-setup-'));
  path = join(dir, 'config.yaml');
});
afterEach(() => rmSync(dir, { recursive: true }));
const modeOf = (file: string) => statSync(file).mode & 0o777;

test.each([0o600, 0o640, 0o644])('a configuration that is there keeps its mode %o', mode => {
  const before = 'kapso:\n  apiKey: k3y\n';
  for (const isPublic of [true, false]) {
    writeFileSync(path, before);
    chmodSync(path, mode);
    writeSetup({ path, text: `mode: domain\n${before}`, before, secrets: new Map(), isPublic });
    expect(modeOf(path)).toBe(mode);
  }
});

test.each([
  ['mode: polling\nkapso:\n  apiKeyFile: key\n', 0o644],
  ['kapso:\n  apiKey: k3y\n', 0o600],
  ['{ gateway: { token: t0ken } }\n', 0o600],
])('a new configuration that others may read is for them only without a secret: %j', (text, mode) => {
  writeSetup({ path, text, before: null, secrets: new Map(), isPublic: true });
  expect(modeOf(path)).toBe(mode);
});

test.runIf(process.getuid?.() === 0)("root takes no file from the service's user", () => {
  const before = 'mode: polling\n';
  writeFileSync(path, before);
  chownSync(path, 1234, 1235);
  chownSync(dir, 2345, 2346);
  const [fresh, former] = [join(dir, 'kapso-api-key'), join(dir, 'gateway-token')];
  writeFileSync(former, 'old\n', { mode: 0o600 });
  chownSync(former, 1234, 1235);
  const secrets = new Map([fresh, former].map(file => [file, 'k3y']));
  writeSetup({ path, text: 'mode: domain\n', before, secrets });
  const other = join(dir, 'other.yaml');
  writeSetup({ path: other, text: before, before: null, secrets: new Map() });
  const ownerOf = (file: string) => [statSync(file).uid, statSync(file).gid];
  expect([path, former, fresh, other].map(ownerOf)).toEqual([
    ...[path, former].map(() => [1234, 1235]),
    ...[fresh, other].map(() => [2345, 2346]),
  ]);
});

test.runIf(process.getuid?.() === 0)('whoever cannot leave a file to its owner does not change it', () => {
  const before = 'mode: polling\n';
  writeFileSync(path, before, { mode: 0o644 });
  chownSync(dir, 1234, 1234);
  process.seteuid?.(1234);
  onTestFinished(() => process.seteuid?.(0));
  expect(() => writeSetup({ path, text: 'mode: domain\n', before, secrets: new Map() })).toThrow(
    'belongs to another user',
  );
  expect([readFileSync(path, 'utf8'), readdirSync(dir)]).toEqual([before, ['config.yaml']]);
});

test('each former secret is kept, and a secret behind a link is not touched', () => {
  const secret = join(dir, 'kapso-api-key');
  const write = (content: string) =>
    writeSetup({
      path: join(dir, 'config.yaml'),
      text: '',
      before: existsSync(path) ? '' : null,
      secrets: new Map([[secret, content]]),
    })[0];
  for (const content of ['first', 'second', 'third', 'fourth']) write(content);
  expect(write('fifth')).toEqual({ path: secret, change: 'replaced', former: `${secret}.old.4` });
  const kept = ['.old', '.old.2', '.old.3', '.old.4', ''].map(end => readFileSync(`${secret}${end}`, 'utf8'));
  expect(kept).toEqual(['first\n', 'second\n', 'third\n', 'fourth\n', 'fifth\n']);
  const target = join(dir, 'of another program');
  writeFileSync(target, 'k3y\n');
  chmodSync(target, 0o440);
  rmSync(secret);
  symlinkSync(target, secret);
  expect(write('k3y')).toEqual({ path: secret, change: 'unchanged' });
  expect(modeOf(target)).toBe(0o440);
});

test('a kill before the new secret is in its place leaves the former one there', () => {
  const secret = join(dir, 'kapso-api-key');
  writeFileSync(secret, 'former\n', { mode: 0o600 });
  const program = `
    const { writeSetup } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/setup/write-setup.ts'))});
    const [path, secret] = ${JSON.stringify([path, secret])};
    writeSetup({ path, text: '', before: null, secrets: new Map([[secret, 'new']]) });
  `;
  const ends = join(import.meta.dirname, '../end-at.mjs');
  const env = {
    ...process.env,
    END_BY: 'SIGKILL',
    END_AT: 'renameSync',
    END_PATH: String.raw`/kapso-api-key[^/]*\.tmp$`,
  };
  const args = ['--import', ends, '--input-type=module', '--eval', program];
  expect(spawnSync(process.execPath, args, { env, encoding: 'utf8' })).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  expect(readFileSync(secret, 'utf8')).toBe('former\n');
});
