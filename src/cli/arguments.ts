import { resolve } from 'node:path';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { secretsOf } from '../config/secrets.ts';
import { isOurs, KapsoWhatsappError, UsageError } from '../errors.ts';
import type { CliContext, CommandArguments } from './command.ts';

/** Returns a text option's value. Throws a `UsageError` when it is given more than once: nobody knows which one was meant. */
export function textOption(args: CommandArguments, name: string): string | undefined {
  const value = args[name];
  if (Array.isArray(value)) throw new UsageError(`--${name} is given more than once`);
  return typeof value === 'string' ? value : undefined;
}

/** Returns the values of an option or argument that takes several. */
export function listOption(args: CommandArguments, name: string): string[] {
  const value = args[name];
  return (Array.isArray(value) ? value : [value]).filter(item => typeof item === 'string');
}

/**
 * Returns the state directory of a command. `--state-dir` works without the configuration: the inbox must be accessible
 * while that is wrong.
 */
export async function stateDirFor(args: CommandArguments, context: CliContext): Promise<string> {
  const named = textOption(args, 'state-dir');
  if (named === undefined) return configuredStateDir(args, context);
  // An unset variable in a script gives ''. It would mean the script's working directory.
  if (named.trim() === '') throw new UsageError('--state-dir is empty');
  return resolve(named.replace(/^~(?=\/|$)/, context.home));
}

async function configuredStateDir(args: CommandArguments, context: CliContext): Promise<string> {
  try {
    return (await loadFor(args, context)).config.state.dir;
  } catch (error) {
    if (!isOurs(error) || error.code !== 'CONFIG_INVALID') throw error;
    const hint =
      "Put that right, or name the poller's state directory: with --state-dir DIR the configuration is not read.";
    throw new KapsoWhatsappError(error.code, error.message, { hint, cause: error });
  }
}

/** Hides the configuration's secrets in every error from now on. Returns what was loaded. */
export function hideSecrets<L extends LoadedConfig>(loaded: L, { secrets }: CliContext): L {
  for (const secret of secretsOf(loaded.config)) secrets.add(secret);
  return loaded;
}

/** Loads the configuration for a command that needs no account, with `--config` and `--state-dir`. */
export async function loadFor(args: CommandArguments, context: CliContext): Promise<LoadedConfig> {
  const { env, home } = context;
  const configFile = textOption(args, 'config');
  const stateDir = textOption(args, 'state-dir');
  const loaded = await loadConfig({
    env,
    home,
    need: 'none',
    ...(configFile === undefined ? {} : { configFile }),
    ...(stateDir === undefined ? {} : { flags: { 'state.dir': stateDir } }),
  });
  return hideSecrets(loaded, context);
}
