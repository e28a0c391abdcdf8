import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { pollerNodeOptions } from '../node-options.ts';
import { type Change, installUnit } from '../systemd/unit-file.ts';
import { version } from '../version.ts';
import { textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { packageRoot } from './package-root.ts';
import { orRefusal } from './refused-write.ts';
import type { Terminal } from './terminal.ts';

interface Scope {
  /** The directory of the shipped units. */
  templates: string;
  /** The directory where systemd looks for them. */
  directory: string;
  systemctl: string;
}

/** `units install`: installs the shipped units, with the paths of this installation, where systemd finds them. */
export async function installUnits(
  args: CommandArguments,
  terminal: Terminal,
  { env, home }: CliContext,
): Promise<ExitCode> {
  if (Boolean(args.system) === Boolean(args.user)) throw new UsageError('give either --system or --user');
  const root = packageRoot();
  const scope: Scope = args.system
    ? { templates: join(root, 'nix/systemd'), directory: '/etc/systemd/system', systemctl: 'systemctl' }
    : {
        templates: join(root, 'nix/systemd/user'),
        directory: join(env.XDG_CONFIG_HOME || join(home, '.config'), 'systemd/user'),
        systemctl: 'systemctl --user',
      };
  const poller = join(root, 'dist/kapso-whatsapp-poller.cjs');
  if (args.system) for (const path of [process.execPath, poller]) assertVisible(path);

  const directory = textOption(args, 'dir') ?? scope.directory;
  const dryRun = args['dry-run'] === true;
  const instead = args.system ? 'Run this as root, or with --user' : 'Name a directory of your own with --dir';
  const writing = <T>(write: () => T) => orRefusal(write, `${instead}, or print the units with --dry-run`);
  if (!dryRun) writing(() => mkdirSync(directory, { recursive: true }));
  const files = unitNames(scope.templates).map(name => {
    const content = adapt(readFileSync(join(scope.templates, name), 'utf8'), poller);
    const options = { version, dryRun, force: args.force === true };
    return { ...writing(() => installUnit(join(directory, name), content, options)), path: join(directory, name) };
  });
  const next = nextSteps(scope);
  if (args.json) terminal.out(`${toJson({ files, next })}\n`);
  else {
    for (const { path, change, content } of files) {
      terminal.out(dryRun ? `==> ${path} (${wouldBe[change]})\n${content}\n` : `${path}: ${explain[change]}\n`);
    }
    terminal.out(`Next:\n${next.map(step => `  ${step}\n`).join('')}`);
  }
  return files.some(({ change }) => change === 'edited') ? exitCode.unavailable : exitCode.ok;
}

const explain: Record<Change, string> = {
  written: 'written',
  updated: 'updated',
  unchanged: 'is as it should be',
  edited: 'was edited and is left alone; --force replaces it',
  replaced: 'was edited and is replaced; the old one has the ending .old',
};

/** The words for a change that is not written. */
const wouldBe: Record<Change, string> = {
  written: 'would be written',
  updated: 'would be updated',
  unchanged: 'is as it should be',
  edited: 'was edited and would be left alone; --force would replace it',
  replaced: 'was edited and would be replaced; the old one would get the ending .old',
};

function unitNames(directory: string): string[] {
  return readdirSync(directory).filter(name => /\.(service|socket|timer)$/.test(name));
}

/** Returns a shipped unit with the paths of this installation, and with what its kind of notification needs. */
function adapt(unit: string, poller: string): string {
  const command = [process.execPath, ...pollerNodeOptions, poller].map(quote).join(' ');
  const started = unit.replace(/^(ExecStart=)\S+/m, (_, key: string) => `${key}${command}`);
  return hasNative(poller) ? started : started.replace(/^NotifyAccess=main$/m, 'NotifyAccess=all');
}

/** In a unit `%` begins a specifier and `$` a variable (systemd.service(5), "Command lines"). */
function quote(path: string): string {
  const escaped = path.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /[\s"'\\;]/.test(escaped) ? `"${escaped.replace(/["\\]/g, '\\$&')}"` : escaped;
}

/** Whether the poller will find the native module, built for this Node. */
function hasNative(poller: string): boolean {
  try {
    createRequire(poller)('sd-notify');
    return true;
  } catch {
    return false;
  }
}

function assertVisible(path: string): void {
  if (!/^\/(home|root|run\/user)\//.test(path)) return;
  throw new UsageError(`${path} is in a home directory, which ProtectHome= hides from the system service`, {
    hint: 'Install Node and this package for the whole machine, or run this with --user',
  });
}

function nextSteps({ systemctl, templates }: Scope): string[] {
  const others = unitNames(templates)
    .flatMap(name => /^kapso-whatsapp-poller(.*\.(?:socket|timer))$/.exec(name)?.[1] ?? [])
    .join(', or the ');
  return [
    `${systemctl} daemon-reload`,
    `${systemctl} enable --now kapso-whatsapp-poller.service   # or only the ${others}: see the units`,
  ];
}
