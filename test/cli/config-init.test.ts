import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from './program.ts';

function newHome() {
  const home = mkdtempSync(join(tmpdir(), 'kapso-init-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return home;
}

test('writes a configuration that only its owner can read, in which strangers need approval', async () => {
  const HOME = newHome();
  const file = join(HOME, '.config/kapso-whatsapp/config.yaml');
  const { code, stdout } = await runCli(['config', 'init'], { env: { HOME } });
  expect(code).toBe(0);
  expect(stdout).toContain(`${file}: written`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const shown = await runCli(['config', 'show', '--json'], { env: { HOME } });
  const { settings, warnings } = JSON.parse(shown.stdout);
  expect(warnings).toEqual([]);
  expect(settings).toContainEqual({
    key: 'access.policy',
    value: 'pairing',
    origin: expect.stringMatching(`${file}:\\d+`),
  });
});

test('is right with the comments taken off, and needs nothing else', async () => {
  const HOME = newHome();
  const file = join(HOME, 'kapso.yaml');
  expect((await runCli(['config', 'init', file], { env: { HOME } })).code).toBe(0);
  writeFileSync(
    file,
    readFileSync(file, 'utf8')
      .replace(/^( *)# (\w+: )/gm, '$1$2')
      .replace(/^.*All settings.*\n/m, ''),
  );
  for (const name of ['kapso-api-key', 'gateway-token']) writeFileSync(join(HOME, name), 'k3y', { mode: 0o600 });
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => !/^ *(pairing|allowlist|open): /.test(line));
  writeFileSync(file, lines.join('\n'));
  expect(await runCli(['config', 'check', file], { env: { HOME } })).toEqual({
    code: 0,
    stdout: `The configuration is right (${file}).\n`,
    stderr: '',
  });
});

test.each(['config.yaml', 'config.yml', 'config.json'])('replaces no %s, and does not take its place', async name => {
  const HOME = newHome();
  const file = join(HOME, '.config/kapso-whatsapp', name);
  await mkdir(join(HOME, '.config/kapso-whatsapp'), { recursive: true });
  writeFileSync(file, '{}');
  const { code, stderr } = await runCli(['config', 'init'], { env: { HOME } });
  expect(code).toBe(64);
  expect(stderr).toContain(`${file} exists already, and is left as it is`);
  expect(readFileSync(file, 'utf8')).toBe('{}');
});

test('replaces no named file either, and follows no link', async () => {
  const HOME = newHome();
  const file = join(HOME, 'kapso.yaml');
  writeFileSync(file, 'mode: domain\n');
  expect((await runCli(['config', 'init', '--config', file], { env: { HOME } })).stderr).toContain('exists already');
  const link = join(HOME, 'link.yaml');
  symlinkSync(join(HOME, 'target.yaml'), link);
  expect((await runCli(['config', 'init', link], { env: { HOME } })).stderr).toContain('exists already');
  expect(readFileSync(file, 'utf8')).toBe('mode: domain\n');
});

test('says what the file system refuses, and takes no other form', async () => {
  const HOME = newHome();
  writeFileSync(join(HOME, 'file'), '');
  const within = await runCli(['config', 'init', join(HOME, 'file/kapso.yaml')], { env: { HOME } });
  expect(within).toMatchObject({ code: 64, stderr: expect.stringContaining('is a file, and not a directory') });
  const json = await runCli(['config', 'init', join(HOME, 'kapso.json')], { env: { HOME } });
  expect(json).toMatchObject({ code: 64, stderr: expect.stringContaining('must end in .yaml or .yml') });
});
