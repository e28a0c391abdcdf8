import { type AccountConfig, loadConfig } from '../config/load.ts';
import type { HttpProxy } from '../config/proxy.ts';
import { isLoopback } from '../loopback.ts';
import { hideSecrets } from './arguments.ts';
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

/** Loads what `send` needs. Throws a ConfigError, and `OPERATOR_ONLY` where an agent names who gets the key. */
export async function loadSettings(configFile: string | undefined, context: CliContext): Promise<SendSettings> {
  const { env, home } = context;
  const loaded = await loadConfig({ env, home, need: 'cli', ...(configFile === undefined ? {} : { configFile }) });
  if (isForAgent(env)) {
    const given = loaded.origins['kapso.baseUrl'] ?? '';
    const isWritten =
      given.startsWith(`${loaded.file}:`) && isOperatorsFile(loaded.file, { named: configFile !== undefined, env });
    const { hostname, origin } = new URL(loaded.config.kapso.baseUrl);
    if (given !== 'default' && !isWritten && !isLoopback(hostname)) assertOwnApi(origin, env);
  }
  return hideSecrets(loaded, context);
}
