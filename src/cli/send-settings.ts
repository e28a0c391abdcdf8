import { type AccountConfig, loadConfig } from '../config/load.ts';
import type { HttpProxy } from '../config/proxy.ts';
import { hideSecrets } from './arguments.ts';
import type { CliContext } from './command.ts';

/** The configuration of the account, and the proxy to Kapso. */
export interface SendSettings {
  config: AccountConfig;
  proxy: HttpProxy | null;
  /** The path of the configuration file; null when there is none. */
  file: string | null;
  /** Where each key's value comes from, as in `LoadedConfig`. */
  origins: Readonly<Record<string, string>>;
}

/** Loads what `send` needs. Throws a ConfigError. */
export async function loadSettings(configFile: string | undefined, context: CliContext): Promise<SendSettings> {
  const { env, home } = context;
  const loaded = await loadConfig({ env, home, need: 'cli', ...(configFile === undefined ? {} : { configFile }) });
  return hideSecrets(loaded, context);
}
