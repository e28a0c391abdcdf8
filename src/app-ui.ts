import { parseListenAddress } from './config/listen-address.ts';
import type { Config } from './config/load.ts';
import type { Part } from './part.ts';
import type { UiDeps } from './ui/ui.ts';

/** Returns the part that serves the page, or null where it is off. Its code is loaded only where it is on. */
export async function openUi(
  { config, clock, log }: Pick<UiDeps, 'clock' | 'log'> & { config: Config },
  looks: Pick<UiDeps, 'sources' | 'store' | 'scrub' | 'onChanged'>,
): Promise<Part | null> {
  const { enable, listen, token } = config.ui;
  if (!enable || token === undefined) return null;
  const { createUi } = await import('#ui');
  return createUi({ ...looks, clock, log, token, listen: parseListenAddress(listen) });
}
