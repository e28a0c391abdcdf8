import { systemClock } from '../clock.ts';
import { createKapsoClient, type KapsoClient } from '../kapso/client.ts';
import { openTransport } from '../kapso/http/open-transport.ts';
import type { CliContext } from './command.ts';
import { loadSettings } from './send-settings.ts';

/** The client of the configured number, for a command that asks Kapso once. Throws a ConfigError. */
export async function openClient(configFile: string | undefined, context: CliContext): Promise<KapsoClient> {
  const { config, proxy } = await loadSettings(configFile, context);
  return createKapsoClient({
    ...config.kapso,
    timeout: config.kapso.timeout * 1000,
    transport: openTransport({ proxy }),
    clock: systemClock,
  });
}
