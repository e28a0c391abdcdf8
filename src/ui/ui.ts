import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import type { ListenTarget } from '../listener/listen.ts';
import { listeners } from '../listener/listeners.ts';
import type { LiveSources } from '../live/sources.ts';
import type { Log } from '../observe/log.ts';
import { scrubbedJson } from '../observe/scrub.ts';
import { readAssets } from '../page/assets.ts';
import { createFeed } from '../page/feed.ts';
import { type PageServer, startPage } from '../page/server.ts';
import type { Part } from '../part.ts';
import type { Store } from '../store/store.ts';
import { createActions } from './actions.ts';
import { createLook } from './look.ts';

export interface UiDeps {
  listen: ListenTarget;
  token: string;
  sources: LiveSources;
  store: Store;
  /** Removes secrets from text. */
  scrub: (text: string) => string;
  /** The queue has changed by hand: what waits is to be looked for. */
  onChanged: () => void;
  clock: Clock;
  log: Log;
}

/** The page of the running poller. While nobody looks at it, it does nothing. `start` throws as `listen` does. */
export function createUi(deps: UiDeps): Part & { start(): Promise<void> } {
  const { listen, token, scrub, store, onChanged, log } = deps;
  const onError = (error: unknown) => log.warn({ error }, 'The page cannot be told how the poller fares');
  const feed = createFeed({ toJson: value => scrubbedJson(value, scrub), watched: is => look.watched(is) });
  const look = createLook({ ...deps, feed, onError });
  const told = (action: string, message: string) => log.info({ message, action }, 'Changed by hand, at the page');
  let page: PageServer | null = null;

  return {
    start: async () => {
      page = await startPage({
        ...{ listen, token, feed },
        listener: listeners.page,
        assets: readAssets(directory(), 'poller.html', ['poller.js', 'page.css', 'theme.js', 'icon.svg']),
        actions: createActions({ store, look, onChanged, told }),
        file: () => null,
      });
      log.info({ address: formatListenAddress(page.address) }, 'The page is served');
    },
    stop: async () => {
      look.watched(false);
      await page?.close();
      page = null;
    },
  };
}

/** The page's files, which build.ts has written. */
function directory(): string {
  const here = import.meta.url;
  return fileURLToPath(new URL(here.endsWith('.ts') ? '../../dist/page' : '../page', here));
}
