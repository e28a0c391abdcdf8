import { type Clock, sleep } from '../../clock.ts';
import { waits } from '../../waits.ts';
import { isNews, type News } from '../news.ts';
import type { Connected } from './connect.ts';
import { schema } from './schema.ts';

/** What other processes tell, by the database: NOTIFY and LISTEN, which a pooler that changes the connection does not have. */
export interface NewsFeed {
  /** Calls back with what is told. Returns a function that ends this. */
  onNews(listener: (news: News) => void): () => void;
  /** Resolves when its connection is closed. */
  end(): Promise<void>;
}

/** A statement that tells the others when its transaction is committed. They hear the same news of it once. */
export const tell = `SELECT pg_notify('${schema}', :news)`;

export interface NewsFeedOptions {
  /** Opens a connection of its own. It has one from the first listener on. */
  connect: () => Promise<Connected>;
  /** Whether connections end at the server itself, as far as is known: else nothing could be heard. */
  isDirect: () => boolean;
  clock: Clock;
}

export function createNewsFeed({ connect, isDirect, clock }: NewsFeedOptions): NewsFeed {
  const listeners = new Set<(news: News) => void>();
  const stopping = new AbortController();
  let listening: Promise<void> | null = null;

  const told = (news: News) => {
    for (const listener of listeners) listener(news);
  };

  const stopped = new Promise<null>(resolve =>
    stopping.signal.addEventListener('abort', () => resolve(null), { once: true }),
  );

  /** Null where nobody listens any more before it is there. */
  async function connectInTime(): Promise<Connected | null> {
    const connecting = connect();
    const connected = await Promise.race([connecting, stopped]);
    if (connected === null) connecting.then(({ session }) => session.close()).catch(() => undefined);
    return connected;
  }

  /** Listens until the connection ends. Resolves at once where nothing can be heard. */
  async function listenOnce(): Promise<void> {
    if (!isDirect()) return;
    const connected = await connectInTime();
    if (connected === null) return;
    const { session, server } = connected;
    try {
      if (!server.direct) return;
      session.onNotification((channel, payload) => {
        if (channel === schema && isNews(payload)) told(payload);
      });
      await session.script(`LISTEN ${schema}`);
      // Something may have been told while nobody listened.
      told('operated');
      told('free');
      await Promise.race([session.ended, stopped]);
    } finally {
      if (session.broken() === null) await session.close();
    }
  }

  async function listen(): Promise<void> {
    while (!stopping.signal.aborted) {
      // Whoever needs the database for more tells that it cannot be reached.
      await listenOnce().catch(() => undefined);
      await sleep(clock, waits.claims.looked, stopping.signal).catch(() => undefined);
    }
  }

  return {
    onNews(listener) {
      listeners.add(listener);
      listening ??= listen();
      return () => void listeners.delete(listener);
    },
    async end() {
      stopping.abort();
      await listening;
    },
  };
}
