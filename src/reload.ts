import { ConfigError } from './config/errors.ts';
import type { AccountConfig, LoadedConfig } from './config/load.ts';
import type { ConfigChange } from './config/reloadable.ts';
import type { Settings } from './config/settings-change.ts';
import type { Log } from './observe/log.ts';

/**
 * Reads the configuration again and applies what can change while the program runs. A wrong configuration changes
 * nothing. Returns what an operator should see, or null when everything is as the new configuration says.
 */
export async function reloadConfig(deps: {
  load: () => Promise<LoadedConfig<AccountConfig>>;
  apply: (next: Settings) => ConfigChange;
  log: Log;
}): Promise<string | null> {
  const { load, apply, log } = deps;
  let loaded: LoadedConfig<AccountConfig>;
  try {
    loaded = await load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.error({ error }, 'The configuration was not reloaded: the new one is wrong, and the old one stays in force');
    return 'the configuration was not reloaded: the new one is wrong (the log says where), and the old one stays in force';
  }
  for (const warning of loaded.warnings) log.warn({}, warning);
  const { applied, needRestart } = apply(loaded);
  if (needRestart.length === 0) {
    log.info({ changed: applied.join(' ') || 'nothing' }, 'The configuration was reloaded');
    return null;
  }
  const fields = { ...(applied.length > 0 && { changed: applied.join(' ') }), atNextStart: needRestart.join(' ') };
  log.warn(
    fields,
    'The configuration was reloaded, and a part of it takes effect at the next start only: restart the poller',
  );
  return `reloaded; at the next start only: ${needRestart.join(', ')}`;
}
