import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../nix/environment-file.sh');

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'kapso-environment-')), 'env');
});
afterEach(() => rmSync(join(file, '..'), { recursive: true, force: true }));

function run(content: string, ...command: string[]) {
  writeFileSync(file, content);
  return spawnSync('/bin/sh', [script, file, ...command], { encoding: 'utf8', env: { HOME: '/home/alice' } });
}

/** The variables that a program is started with, but for those that a shell or macOS adds. */
function variables(content: string): Record<string, string> {
  const { stdout } = run(content, process.execPath, '-p', 'JSON.stringify(process.env)');
  const all: Record<string, string> = JSON.parse(stdout);
  return Object.fromEntries(Object.entries(all).filter(([name]) => !/^(HOME|(OLD)?PWD|SHLVL|_.*)$/.test(name)));
}

test.each([
  ['pa$$1word'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this one is a shell's
  ['$HOME ${HOME} $(echo run)'],
  ['two words'],
  ['a`echo run`b'],
  ['a;echo run && b | c > d'],
  ["o'clock"],
  ['a"b'],
  ['a#b=c'],
  ['*'],
  ['~'],
  ['grün 🙂'],
  [''],
])('the value %s arrives as it is: a secret is data, not a program', value => {
  expect(variables(`KAPSO_WEBHOOK_SECRET=${value}\n`)).toEqual({ KAPSO_WEBHOOK_SECRET: value });
});

test.each([
  ["'two words '", 'two words '],
  ["'a\\b$c'", 'a\\b$c'],
  ['"a \\"b\\" \\$c \\\\ \\n"', 'a "b" $c \\ \\n'],
  ['a\\b\\\\c\\"', 'ab\\c"'],
  ['  blanks around  ', 'blanks around'],
  ['a file from Windows\r', 'a file from Windows'],
  ["'", "'"],
])('the value %s is read as systemd reads it', (written, value) => {
  expect(variables(`NAME=${written}\n`)).toEqual({ NAME: value });
});

test('comments and blank lines are passed over, and the last line needs no end', () => {
  expect(variables('# A=1\n; B=2\n\n  \n  C = 3\nD=4')).toEqual({ C: '3', D: '4' });
});

test('a line that is no assignment is named by its number alone, and the others are read', () => {
  writeFileSync(file, '');
  const { stdout, stderr } = run(
    'sk_live_1\n2X=sk_live_2\nexport Y=sk_live_3\nA=1\n',
    process.execPath,
    '-p',
    'process.env.A',
  );
  expect(stdout).toBe('1\n');
  expect(stderr.split('\n')).toEqual([
    ...[1, 2, 3].map(line => `${file}: line ${line} is not NAME=value and is passed over`),
    '',
  ]);
});

test('the arguments of the command are left alone, and its exit code is the answer', () => {
  const { stdout, status } = run(
    'A=1\n',
    process.execPath,
    '-e',
    'console.log(process.argv[1]); process.exit(78)',
    'a b $A',
  );
  expect(stdout).toBe('a b $A\n');
  expect(status).toBe(78);
});

test('without the file the command is not started', () => {
  const { stdout, stderr, status } = spawnSync('/bin/sh', [script, file, 'echo', 'started'], { encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 66 });
  expect(stderr).toContain(file);
});
