/**
 * The files of an installation for a whole machine, with a Node.js of its own: what the Debian package and, through it,
 * the container image have in them.
 */
import {
  chmodSync,
  cpSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { compileCommandLine } from '../build.ts';
import { pollerEnvironment, pollerNodeOptions } from '../src/node-options.ts';
import type { NodeRuntime } from './node-runtime.ts';

/** Where the programs are on the machine. */
export const home = '/usr/lib/kapso-whatsapp';

export interface TreeOptions {
  /** The checkout, with dist/ built. */
  root: string;
  /** The directory to write, in the place of `/`. */
  to: string;
  runtime: NodeRuntime;
  /** Whether the Node.js of the package runs on this machine. Where it does not, the command line is not compiled ahead. */
  runs: boolean;
}

/** Writes the programs, their manual pages and completion, the units, the schema and the skill. */
export function writeTree({ root, to, runtime, runs }: TreeOptions): void {
  const own = join(to, home);
  const shared = join(to, 'usr/share');
  copy(runtime.node, join(own, 'bin/node'));
  // Elsewhere are the manual pages and the completion; dist/packages has what was packed before.
  for (const name of readdirSync(join(root, 'dist')).filter(one => !['man', 'completions', 'packages'].includes(one))) {
    copy(join(root, 'dist', name), join(own, 'dist', name));
  }
  for (const part of ['package.json', 'nix/systemd']) copy(join(root, part), join(own, part));
  // What was compiled for the Node.js of the checkout.
  const parts = join(own, 'dist/on-demand');
  for (const name of readdirSync(parts)) if (name.endsWith('.code')) rmSync(join(parts, name));
  if (runs) compileCommandLine(parts, join(own, 'bin/node'));
  const environment = Object.entries(pollerEnvironment).map(
    ([name, value]) => `export ${name}="\${${name}:-${value}}"\n`,
  );
  writeProgram(join(to, 'usr/bin/kapso-whatsapp-cli'), '', [], 'kapso-whatsapp-cli');
  writeProgram(
    join(to, 'usr/bin/kapso-whatsapp-poller'),
    environment.join(''),
    pollerNodeOptions,
    'kapso-whatsapp-poller',
  );

  for (const part of ['schema/kapso-whatsapp.schema.json', 'skills', 'docs']) {
    copy(join(root, part), join(shared, 'kapso-whatsapp', part.replace('schema/', '')));
  }
  // The command line looks for these beside itself.
  for (const part of ['skills', 'docs']) symlinkSync(`../../share/kapso-whatsapp/${part}`, join(own, part));
  for (const page of readdirSync(join(root, 'dist/man'))) {
    writeCompressed(
      join(shared, `man/man${page.at(-1)}/${page}.gz`),
      readFileSync(join(root, 'dist/man', page), 'utf8'),
    );
  }
  for (const script of readdirSync(join(root, 'dist/completions'))) {
    copy(join(root, 'dist/completions', script), join(shared, completionPlace(script)));
  }
  const units = join(root, 'nix/systemd');
  for (const name of readdirSync(units).filter(unit => unit !== 'user')) {
    write(join(to, 'usr/lib/systemd/system', name), installedUnit(join(units, name)));
  }
  for (const name of readdirSync(join(units, 'user'))) {
    write(join(to, 'usr/lib/systemd/user', name), installedUnit(join(units, 'user', name)));
  }
}

function completionPlace(script: string): string {
  if (script.endsWith('.bash')) return `bash-completion/completions/${script.replace('.bash', '')}`;
  return script.endsWith('.fish') ? `fish/vendor_completions.d/${script}` : `zsh/vendor-completions/${script}`;
}

/** A shipped unit with the path of the package. There is no native module, so systemd-notify must be listened to. */
function installedUnit(path: string): string {
  return readFileSync(path, 'utf8')
    .replace(
      /^# "kapso-whatsapp-cli units install [\s\S]*? Changes belong into a drop-in:/m,
      '# Changes belong into a drop-in:',
    )
    .replaceAll(/^(ExecStart=)\S+\/(kapso-whatsapp-poller)/gm, '$1/usr/bin/$2')
    .replaceAll(
      /^# The program notifies by itself [\s\S]*? sets the right one\.$/gm,
      '# The program runs systemd-notify.',
    )
    .replaceAll(/^NotifyAccess=main$/gm, 'NotifyAccess=all');
}

function writeProgram(path: string, environment: string, options: readonly string[], name: string): void {
  const command = [`${home}/bin/node`, ...options, `${home}/dist/${name}.cjs`].join(' ');
  write(path, `#!/bin/sh\n${environment}exec ${command} "$@"\n`);
  chmodSync(path, 0o755);
}

export function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Without a name or a time in it, so that two builds are equal. */
export function writeCompressed(path: string, text: string): void {
  write(path, gzipSync(text, { level: 9 }));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
}

/** Every path below a directory, each directory before what is in it. Links are not followed. */
export function pathsBelow(dir: string, prefix = ''): string[] {
  const entries = readdirSync(join(dir, prefix), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap(entry => {
    const path = join(prefix, entry.name);
    return entry.isDirectory() ? [path, ...pathsBelow(dir, path)] : [path];
  });
}

/** Gives everything the same time (in seconds), and modes that do not depend on the umask of who builds. */
export function settle(dir: string, seconds: number): void {
  for (const path of ['', ...pathsBelow(dir)].map(name => join(dir, name)).reverse()) {
    const { mode } = statSync(path);
    chmodSync(path, mode & 0o111 ? 0o755 : 0o644);
    lutimesSync(path, seconds, seconds);
  }
}
