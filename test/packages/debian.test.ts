import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { bundledLicenses } from '../../packaging/licenses.ts';
import { testWith } from './programs.ts';

const project = join(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'debian-'));
afterAll(() => rmSync(dir, { recursive: true }));

const linked = ['src', 'schema', 'node_modules', 'checkout'];
const copied = [
  'packaging',
  'nix/systemd',
  'skills',
  'docs',
  'build.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];
const texts = ['LICENSE', 'CHANGELOG.md', 'kapso-whatsapp.example.yaml'];

/** Builds in a copy of the checkout, whose dist/ is its own. Returns the path of the package. */
function build(name: string, options: readonly string[], umask: string): string {
  const copy = join(dir, name);
  mkdirSync(join(copy, 'nix'), { recursive: true });
  for (const path of linked) symlinkSync(join(project, path), join(copy, path));
  for (const path of [...copied, ...texts]) cpSync(join(project, path), join(copy, path), { recursive: true });
  // What was packed before is no part of the package.
  if (name === 'second') {
    mkdirSync(join(copy, 'dist/packages'), { recursive: true });
    writeFileSync(join(copy, 'dist/packages/earlier.deb'), '');
  }
  const script = `umask ${umask} && exec "$@"`;
  const command = [
    process.execPath,
    join(copy, 'packaging/debian/build.ts'),
    ...options,
    '--compression',
    'none',
    '--runtime',
    runtime,
  ];
  const env = { PATH: process.env.PATH, SOURCE_DATE_EPOCH: '1790000000', TZ: name === 'first' ? 'UTC' : 'Asia/Tokyo' };
  return execFileSync('sh', ['-c', script, 'sh', ...command], { encoding: 'utf8', env }).trim();
}

/** A Node.js that only leads to this one, since a whole one has 120 MB to copy and to look through. */
const runtime = join(dir, 'runtime');
mkdirSync(join(runtime, 'bin'), { recursive: true });
writeFileSync(join(runtime, 'bin/node'), `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
writeFileSync(join(runtime, 'LICENSE'), 'The licence of the stand-in.\n');

/** Milliseconds that only a hang reaches, on a machine that does much else. */
const patience = 240_000;

describe('the Debian package', () => {
  testWith('dpkg-deb')(
    'is the same, byte for byte, when it is built again, by somebody else, elsewhere',
    () => {
      const [first, second] = [build('first', [], '022'), build('second', [], '077')];
      expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
      expect(execFileSync('dpkg-deb', ['--contents', first], { encoding: 'utf8' })).toMatch(/cli\.cjs\..*\.code$/m);
    },
    patience,
  );

  testWith('dpkg-deb', 'lintian')(
    'has no error and no warning by lintian, and the names of its architecture',
    () => {
      const file = build('lint', ['--arch', 'arm64'], '022');
      expect(file).toMatch(/\/kapso-whatsapp_[0-9.]+-1_arm64\.deb$/);
      expect(execFileSync('dpkg-deb', ['--field', file, 'Architecture'], { encoding: 'utf8' })).toBe('arm64\n');
      // A package for people is compressed.
      const suppressed = 'uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball';
      const { status, stdout } = spawnSync('lintian', ['--allow-root', '--suppress-tags', suppressed, file], {
        encoding: 'utf8',
      });
      expect({ stdout, status }).toEqual({ stdout: '', status: 0 });

      const files = execFileSync('dpkg-deb', ['--contents', file], { encoding: 'utf8' });
      for (const path of [
        'usr/bin/kapso-whatsapp-cli',
        'usr/bin/kapso-whatsapp-poller',
        'usr/lib/systemd/system/kapso-whatsapp-poller.service',
        'usr/lib/systemd/system/kapso-whatsapp-poller.socket',
        'usr/lib/systemd/user/kapso-whatsapp-poller.service',
        'usr/share/man/man1/kapso-whatsapp-cli.1.gz',
        'usr/share/man/man5/kapso-whatsapp.5.gz',
        'usr/share/bash-completion/completions/kapso-whatsapp-cli',
        'usr/share/fish/vendor_completions.d/kapso-whatsapp-cli.fish',
        'usr/share/zsh/vendor-completions/_kapso-whatsapp-cli',
        'usr/share/doc/kapso-whatsapp/copyright',
      ])
        expect(files).toContain(` ./${path}\n`);
      // What the administrator writes is no part of it, so that no upgrade asks about it or writes over it.
      expect(files).not.toContain('./etc/');
      expect(files).not.toContain('.code\n');

      const unpacked = join(dir, 'unpacked');
      execFileSync('dpkg-deb', ['--extract', file, unpacked]);
      // What the command line looks for beside itself.
      const sources = readdirSync(join(project, 'src/cli')).map(name =>
        readFileSync(join(project, 'src/cli', name), 'utf8'),
      );
      const parts = sources.flatMap(text =>
        [...text.matchAll(/join\((?:packageRoot\(\)|root), '([^']+)'/g)].map(([, part]) => part),
      );
      expect(parts).toEqual(expect.arrayContaining(['docs', 'nix/systemd', 'skills/kapso-whatsapp']));
      for (const part of parts)
        expect([part, existsSync(join(unpacked, 'usr/lib/kapso-whatsapp', String(part)))]).toEqual([part, true]);

      const copyright = readFileSync(join(unpacked, 'usr/share/doc/kapso-whatsapp/copyright'), 'utf8');
      expect(copyright).toContain(' The licence of the stand-in.');
      expect(bundledLicenses(project).map(({ name }) => name)).toContain('ws');
      for (const { name, version } of bundledLicenses(project))
        expect(copyright).toContain(`Comment: ${name} ${version} (`);
      expect(readFileSync(join(unpacked, 'usr/lib/systemd/system/kapso-whatsapp-poller.service'), 'utf8')).toMatch(
        /^NotifyAccess=all\nExecStart=\/usr\/bin\/kapso-whatsapp-poller \$POLLER_OPTIONS$/m,
      );
    },
    patience,
  );
});
