/**
 * `npm run package:deb [-- OPTION…]` builds dist/packages/kapso-whatsapp_VERSION_ARCHITECTURE.deb, with a Node.js 24 in it:
 * Debian has none that is new enough. Two builds of one commit are equal, byte for byte.
 *
 *   --arch amd64|arm64     by default that of this machine; for another one the command line is not compiled ahead
 *   --revision N           the last part of the version; 1 by default
 *   --compression KIND     xz by default; zstd, gzip or none
 *   --out DIR              in the place of dist/packages
 *   --runtime DIR          a Node.js 24 of your own, with bin/node and LICENSE
 *   --built                take dist/ as it is, and build nothing anew
 *
 * It needs dpkg-deb. The time in the package is SOURCE_DATE_EPOCH, else that of the last commit.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../../build.ts';
import { bundledLicenses, licenseIn } from '../licenses.ts';
import {
  type Architecture,
  isArchitecture,
  type NodeRuntime,
  nodeRuntime,
  ownArchitecture,
  runtimeIn,
} from '../node-runtime.ts';
import { home, pathsBelow, settle, write, writeCompressed, writeTree } from '../tree.ts';

const root = join(import.meta.dirname, '../..');
const name = 'kapso-whatsapp';
const maintainer = 'The kapso-whatsapp authors <openclaw-kapso-whatsapp@users.noreply.github.com>';
const homepage = 'https://github.com/openclaw-kapso-whatsapp/openclaw-kapso-whatsapp';

interface Settings {
  architecture: Architecture;
  /** Debian's: 0.1.0-1, and 1.0.0~rc.1-1 for 1.0.0-rc.1, which is older than 1.0.0. */
  version: string;
  compression: string;
  out: string;
  /** A directory, in the place of the checkout's Node.js. */
  runtime: string | null;
  built: boolean;
  /** Seconds since 1970. */
  time: number;
}

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', default: ownArchitecture() },
      revision: { type: 'string', default: '1' },
      compression: { type: 'string', default: 'xz' },
      out: { type: 'string', default: join(root, 'dist/packages') },
      runtime: { type: 'string' },
      built: { type: 'boolean', default: false },
    },
  });
  if (!isArchitecture(values.arch)) throw new Error(`--arch is amd64 or arm64, not ${values.arch}`);
  if (!/^[0-9]+$/.test(values.revision)) throw new Error(`--revision is a number, not ${values.revision}`);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    architecture: values.arch,
    version: `${version.replace('-', '~')}-${values.revision}`,
    compression: values.compression,
    out: resolve(values.out),
    runtime: values.runtime === undefined ? null : resolve(values.runtime),
    built: values.built,
    time: Number(process.env.SOURCE_DATE_EPOCH || lastCommit()),
  };
}

function lastCommit(): string {
  try {
    return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim();
  } catch (cause) {
    throw new Error('there is no commit whose time the package could have: set SOURCE_DATE_EPOCH', { cause });
  }
}

function writeDocumentation(to: string, runtime: NodeRuntime, { version, time }: Settings): void {
  const doc = join(to, 'usr/share/doc', name);
  const debian = join(import.meta.dirname);
  const date = new Date(time * 1000).toUTCString().replace('GMT', '+0000');
  const entry = `${name} (${version}) stable; urgency=medium\n\n  * See changelog.gz.\n\n -- ${maintainer}  ${date}\n`;
  writeCompressed(join(doc, 'changelog.Debian.gz'), entry);
  writeCompressed(join(doc, 'changelog.gz'), readFileSync(join(root, 'CHANGELOG.md'), 'utf8'));
  write(join(doc, 'copyright'), copyright(runtime));
  write(join(doc, 'README.Debian'), readFileSync(join(debian, 'README.Debian')));
  write(join(doc, 'examples/kapso-whatsapp.example.yaml'), readFileSync(join(root, 'kapso-whatsapp.example.yaml')));
  write(join(to, 'usr/share', name, 'config.yaml'), readFileSync(join(debian, 'config.yaml')));
  write(join(to, 'usr/share/lintian/overrides', name), readFileSync(join(debian, 'lintian-overrides')));
}

/** In Debian's machine-readable form, with every licence that the package has to carry. */
function copyright(runtime: NodeRuntime): string {
  const indented = (text: string) =>
    text
      .split('\n')
      .map(line => ` ${line.trimEnd() || '.'}`)
      .join('\n');
  const own = licenseIn(root);
  const bundled = bundledLicenses(root).map(
    ({ name: module, version, license, text }) =>
      `Comment: ${module} ${version} (${license}), in ${home}/dist\nLicense: ${module}-${version}\n${indented(text)}`,
  );
  const holder = /^Copyright (.*)$/m.exec(own)?.[1] ?? '';
  const stanzas = [
    `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: ${name}\nSource: ${homepage}`,
    `Files: *\nCopyright: ${holder}\nLicense: Expat\n${indented(own)}`,
    `Files: ${home.slice(1)}/bin/node\nCopyright: the Node.js contributors, and others as the text says\n` +
      `License: Node.js\n${indented(licenseIn(runtime.dir))}`,
    ...bundled,
  ];
  return `${stanzas.join('\n\n')}\n`;
}

function writeControl(to: string, { architecture, version }: Settings): void {
  const files = pathsBelow(to).filter(path => !path.startsWith('DEBIAN') && lstatSync(join(to, path)).isFile());
  const bytes = files.reduce((sum, path) => sum + statSync(join(to, path)).size, 0);
  const fields = {
    Package: name,
    Version: version,
    Architecture: architecture,
    Maintainer: maintainer,
    'Installed-Size': Math.ceil(bytes / 1024),
    // What the released Node.js is linked against.
    Depends: 'init-system-helpers (>= 1.52), libc6 (>= 2.28), libgcc-s1 (>= 3.4), libstdc++6 (>= 7)',
    Recommends: 'systemd (>= 252)',
    Section: 'net',
    Priority: 'optional',
    Homepage: homepage,
    Description: `bridge between WhatsApp and an OpenClaw agent
 Receives the messages of a business number through Kapso, by polling or by
 webhook, and hands each one, once and in order, to an OpenClaw agent, whose
 answer goes back to the sender. No message is lost, and none is answered twice.
 .
 kapso-whatsapp-poller does that as a service, kapso-whatsapp-cli sends messages
 and looks after the service. The package brings the Node.js that both run on.`,
  };
  const text = Object.entries(fields).map(([field, value]) => `${field}: ${value}\n`);
  write(join(to, 'DEBIAN/control'), text.join(''));
  const sums = files.map(
    path =>
      `${createHash('md5')
        .update(readFileSync(join(to, path)))
        .digest('hex')}  ${path}\n`,
  );
  write(join(to, 'DEBIAN/md5sums'), sums.join(''));
  for (const script of ['postinst', 'prerm', 'postrm']) {
    write(join(to, 'DEBIAN', script), readFileSync(join(import.meta.dirname, script)));
    chmodSync(join(to, 'DEBIAN', script), 0o755);
  }
}

function main(): void {
  const settings = readSettings();
  const { architecture, version, compression, out, built, time } = settings;
  process.env.SOURCE_DATE_EPOCH = String(time);
  if (!built) build();
  const work = mkdtempSync(join(tmpdir(), 'kapso-whatsapp-deb-'));
  try {
    const to = join(work, 'root');
    const { runtime: own } = settings;
    const runtime = own === null ? nodeRuntime(root, architecture, work) : runtimeIn(own);
    writeTree({ root, to, runtime, runs: architecture === ownArchitecture() });
    writeDocumentation(to, runtime, settings);
    writeControl(to, settings);
    settle(to, time);
    mkdirSync(out, { recursive: true });
    const file = join(out, `${name}_${version}_${architecture}.deb`);
    execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', to, file], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    process.stdout.write(`${file}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

main();
