import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const project = join(import.meta.dirname, '..');
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'build-'));
  for (const name of ['src', 'schema', 'node_modules']) symlinkSync(join(project, name), join(dir, name));
  for (const name of ['build.ts', 'package.json', 'tsconfig.json']) cpSync(join(project, name), join(dir, name));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('a build leaves nothing in dist that an older version has built', () => {
  mkdirSync(join(dir, 'dist/on-demand'), { recursive: true });
  for (const name of ['old-program.js', 'on-demand/cosmiconfig.cjs', 'on-demand/yaml.cjs.v24.0.0-linux-x64.code'])
    writeFileSync(join(dir, 'dist', name), '');
  execFileSync(process.execPath, [join(dir, 'build.ts')], { stdio: 'pipe' });
  const names = readdirSync(join(dir, 'dist'), { recursive: true, encoding: 'utf8' });
  expect(names.filter(name => !name.endsWith('.code')).sort()).toEqual([
    'demo.js',
    'kapso-whatsapp-cli.cjs',
    'kapso-whatsapp-poller.cjs',
    'on-demand',
    'on-demand/attached.cjs',
    'on-demand/cli.cjs',
    'on-demand/commands.cjs',
    'on-demand/doctor.cjs',
    'on-demand/forms.cjs',
    'on-demand/markdown.cjs',
    'on-demand/media.cjs',
    'on-demand/undici.cjs',
    'on-demand/yaml.cjs',
    'simulator.js',
  ]);
  expect(names).not.toContain('on-demand/yaml.cjs.v24.0.0-linux-x64.code');
});
