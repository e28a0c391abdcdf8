import { type AccountConfig, loadConfig } from '../config/load.ts';
import type { HttpProxy } from '../config/proxy.ts';
import { isLoopback } from '../loopback.ts';
import { hideSecrets } from './arguments.ts';
import { chooseAccount } from './chosen-account.ts';
import type { CliContext } from './command.ts';
import { assertOwnApi, isForAgent, isOperatorsFile } from './operator-only.ts';

/** The configuration of the account, and the proxy to Kapso. */
export interface SendSettings {
  config: AccountConfig;
  proxy: HttpProxy | null;
  /** The path of the configuration file; null when there is none. */
  file: string | null;
  /** Where each key's value comes from, as in `LoadedConfig`. */
  origins: Readonly<Record<string, string>>;
}

/** What a command says of the number for which it works. */
export interface Sender {
  config: string | undefined;
  /** The name or phone number id of an account. */
  from: string | undefined;
  /** Finds the number by a message that the command is about; null where it is not known. */
  find?: (stateDir: string) => Promise<string | null>;
}

/**
 * Loads what `send` needs. Throws a ConfigError, `OPERATOR_ONLY` where an agent names who gets the key, and a `UsageError`
 * where there are several numbers and none is said.
 */
export async function loadSettings(
  { config: configFile, from, find }: Sender,
  context: CliContext,
): Promise<SendSettings> {
  const { env, home } = context;
  const loaded = await loadConfig({ env, home, need: 'cli', ...(configFile === undefined ? {} : { configFile }) });
  if (isForAgent(env)) {
    const given = loaded.origins['kapso.baseUrl'] ?? '';
    const isWritten =
      given.startsWith(`${loaded.file}:`) && isOperatorsFile(loaded.file, { named: configFile !== undefined, env });
    const { hostname, origin } = new URL(loaded.config.kapso.baseUrl);
    if (given !== 'default' && !isWritten && !isLoopback(hostname)) assertOwnApi(origin, env);
  }
  const { accounts, proxy, file } = hideSecrets(loaded, context);
  const isOpen = from === undefined && accounts.length > 1;
  const known = isOpen ? await find?.(loaded.config.state.dir) : null;
  const { config, origins } = chooseAccount(accounts, known ?? from);
  return { config, proxy, file, origins: { ...loaded.origins, ...origins } };
}
