import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { codeFile } from '../src/code-cache/loader.ts';

const project = join(import.meta.dirname, '..');
let dir: string;

const build = (...flags: string[]) =>
  execFileSync(process.execPath, [join(dir, 'build.ts'), ...flags], { stdio: 'pipe' });

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'build-'));
  for (const name of ['src', 'schema', 'node_modules']) symlinkSync(join(project, name), join(dir, name));
  for (const name of ['build.ts', 'package.json', 'package-lock.json', 'tsconfig.json'])
    cpSync(join(project, name), join(dir, name));
  mkdirSync(join(dir, 'dist/on-demand'), { recursive: true });
  for (const name of ['old-program.js', 'on-demand/cosmiconfig.cjs', 'on-demand/yaml.cjs.v24.0.0-linux-x64.code'])
    writeFileSync(join(dir, 'dist', name), '');
  build();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('a build leaves nothing in dist that an older version has built', () => {
  const names = readdirSync(join(dir, 'dist'), { recursive: true, encoding: 'utf8' });
  expect(names.filter(name => !name.endsWith('.code')).sort()).toEqual([
    'completions',
    'completions/_kapso-whatsapp-cli',
    'completions/_kapso-whatsapp-poller',
    'completions/kapso-whatsapp-cli.bash',
    'completions/kapso-whatsapp-cli.fish',
    'completions/kapso-whatsapp-poller.bash',
    'completions/kapso-whatsapp-poller.fish',
    'demo.js',
    'kapso-whatsapp-cli.cjs',
    'kapso-whatsapp-poller.cjs',
    'man',
    'man/kapso-whatsapp-cli.1',
    'man/kapso-whatsapp-poller.1',
    'man/kapso-whatsapp.5',
    'on-demand',
    'on-demand/attached.cjs',
    'on-demand/backup.cjs',
    'on-demand/cli.cjs',
    'on-demand/commands.cjs',
    'on-demand/doctor.cjs',
    'on-demand/forms.cjs',
    'on-demand/markdown.cjs',
    'on-demand/media.cjs',
    'on-demand/metrics.cjs',
    'on-demand/move.cjs',
    'on-demand/postgres.cjs',
    'on-demand/setup.cjs',
    'on-demand/ui.cjs',
    'on-demand/undici.cjs',
    'on-demand/yaml.cjs',
    'page',
    ...[
      'demo.html',
      'demo.js',
      'icon.svg',
      'page.css',
      'poller.html',
      'poller.js',
      'theme.js',
      'voice-message.ogg',
    ].map(name => `page/${name}`),
    'simulator.js',
  ]);
  expect(names).not.toContain('on-demand/yaml.cjs.v24.0.0-linux-x64.code');
});

it('what is up to date is not built again, but compiled for this Node.js where it was not; a newer source is built', () => {
  const program = join(dir, 'dist/kapso-whatsapp-poller.cjs');
  const code = codeFile(join(dir, 'dist/on-demand/cli.cjs'));
  const builtAt = () => statSync(program).mtimeMs;
  const before = builtAt();
  rmSync(code);
  build('--if-stale');
  expect(builtAt()).toBe(before);
  expect(statSync(code).size).toBeGreaterThan(0);
  utimesSync(join(dir, 'package-lock.json'), before / 1000 + 10, before / 1000 + 10);
  build('--if-stale');
  expect(builtAt()).toBeGreaterThan(before);
});
