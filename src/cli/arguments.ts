import { resolve } from 'node:path';
import { allSecretsOf, type LoadedConfig, loadConfig } from '../config/load.ts';
import { isOurs, KapsoWhatsappError, UsageError } from '../errors.ts';
import { asRecord } from '../narrow.ts';
import type { StorePlace } from '../store/open.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { readStatus } from './poller-status.ts';

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
 * Returns where the inbox of a command is. `--state-dir` works without the configuration: the inbox must be accessible
 * while that is wrong.
 *
 * Throws when the poller of that directory says that its inbox is in a database which the command was not told of.
 */
export async function storePlaceFor(args: CommandArguments, context: CliContext): Promise<StorePlace> {
  const place = await givenPlace(args, context);
  if (place.database === undefined) assertNoDatabase(place.dir);
  return place;
}

async function givenPlace(args: CommandArguments, context: CliContext): Promise<StorePlace> {
  const named = textOption(args, 'state-dir');
  if (named === undefined) return configuredPlace(args, context);
  // An unset variable in a script gives ''. It would mean the script's working directory.
  if (named.trim() === '') throw new UsageError('--state-dir is empty');
  return { dir: resolve(named.replace(/^~(?=\/|$)/, context.home)) };
}

/** An inbox in the directory would be an old one, or none, and what is said of it wrong. */
function assertNoDatabase(dir: string): void {
  const said = readStatus(dir)?.database;
  const name = asRecord(said)?.name;
  if (typeof name !== 'string') return;
  throw new KapsoWhatsappError('CONFIG_INVALID', `the poller of ${dir} has its inbox in ${name}`, {
    hint:
      'Give the command the same address: KAPSO_STATE_DATABASE, KAPSO_STATE_DATABASE_FILE, or the configuration of the ' +
      'poller, without --state-dir.',
  });
}

async function configuredPlace(args: CommandArguments, context: CliContext): Promise<StorePlace> {
  try {
    const { dir, database } = (await loadFor(args, context)).config.state;
    return { dir, database };
  } catch (error) {
    if (!isOurs(error) || error.code !== 'CONFIG_INVALID') throw error;
    const hint =
      "Put that right, or name the poller's state directory: with --state-dir DIR the configuration is not read.";
    throw new KapsoWhatsappError(error.code, error.message, { hint, cause: error });
  }
}

/** Hides the configuration's secrets in every error from now on. Returns what was loaded. */
export function hideSecrets<L extends LoadedConfig>(loaded: L, { secrets }: CliContext): L {
  for (const secret of allSecretsOf(loaded)) secrets.add(secret);
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
