import { systemClock } from '../clock.ts';
import { createKapsoClient, type KapsoClient } from '../kapso/client.ts';
import { openTransport } from '../kapso/http/open-transport.ts';
import type { CliContext } from './command.ts';
import { loadSettings, type Sender } from './send-settings.ts';

/** The client of a configured number, for a command that asks Kapso once. Throws as `loadSettings` does. */
export async function openClient(sender: Sender, context: CliContext): Promise<KapsoClient> {
  const { config, proxy } = await loadSettings(sender, context);
  return createKapsoClient({
    ...config.kapso,
    timeout: config.kapso.timeout * 1000,
    transport: openTransport({ proxy }),
    clock: systemClock,
  });
}
