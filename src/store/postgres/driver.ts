import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { parseDatabaseUrl } from '../../config/database-url.ts';
import { StoreError } from '../errors.ts';
import type { DatabaseConnection } from '../shared-database.ts';
import type { Driver } from '../sql/driver.ts';
import { changeOf } from './change.ts';
import { type Connected, createConnector } from './connect.ts';
import { confirmsEarly, type Server } from './durability.ts';
import { assertInUse } from './mark.ts';
import { assertMigrated, migrate } from './migrate.ts';
import { createNewsFeed, tell } from './news.ts';
import { createPrepareAll } from './prepare.ts';
import { createReader } from './reader.ts';
import { schema } from './schema.ts';
import { beginWriting } from './scripts.ts';
import type { Session } from './session.ts';
import { createVersions } from './versions.ts';
import { createWriter } from './writer.ts';

export interface DriverOptions {
  /** As `state.database` has it. */
  url: string;
  readOnly: boolean;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  /** Told of each failure to connect, of the first connection, and of the first after a failure. */
  onConnection?: (connection: DatabaseConnection) => void;
}

export interface PostgresDriver extends Driver {
  /** What the server said of itself at the last connection. */
  readonly server: () => Server;
}

/**
 * Opens a database and brings its tables up to date. Rejects with STORE_UNREACHABLE, STORE_REFUSED, STORE_READONLY,
 * STORE_NEWER, STORE_FOREIGN, STORE_MOVED; to look only, also with STORE_MISSING and STORE_OLDER.
 */
export async function openDriver(options: DriverOptions): Promise<PostgresDriver> {
  const owner = randomUUID();
  const { onConnection, ...rest } = options;
  const url = parseDatabaseUrl(rest.url);
  const connector = createConnector({ ...rest, url, ...(onConnection && { onConnection }) });
  // A server that has no connection left for more is none that is lost.
  const further = createConnector({ ...rest, url });
  const { name } = connector;
  const { session: first, server: firstServer } = await connector.connect();
  let server = firstServer;
  try {
    await (options.readOnly ? assertMigrated(first, name) : migrate(first, name));
    await assertInUse(first, name);
    await prepare(first, server);
  } catch (error) {
    await first.close();
    throw error;
  }

  async function connect(): Promise<Session> {
    const connected = await connector.connect();
    server = connected.server;
    return opened(connected);
  }

  let current = options.readOnly ? null : first;
  const versions = createVersions(owner);
  const writer = createWriter({
    session: async () => {
      if (current === null || current.broken() !== null) current = await connect();
      return current;
    },
    begin: ({ isOwn }) => beginWriting({ isOwn, durable: confirmsEarly(server) }),
    change: changeOf(owner),
    name,
    answers: versions.answer,
    onBegin: versions.begun,
  });
  const prepareAll = createPrepareAll();
  const sql = prepareAll({ tell });
  const news = createNewsFeed({ connect: further.connect, isDirect: () => server.direct, clock: options.clock });
  const reader = createReader({
    open: options.readOnly ? [first] : [],
    connect,
    connectFurther: async () => opened(await further.connect()),
    answers: versions.read,
  });
  let closed = false;

  function assertOpen(): void {
    if (closed) throw new StoreError('STORE_CLOSED', `${name} was closed`);
  }

  return {
    prepareAll,
    name,
    lossHint: 'Look at the log of the server, and whether something restores its tables.',
    shared: true,
    server: () => server,
    async read(step) {
      assertOpen();
      return reader.run(step);
    },
    async write(step, about) {
      assertOpen();
      if (options.readOnly) {
        throw new StoreError('STORE_READONLY', `${name} was opened for reading only, so it cannot be changed`);
      }
      return writer.run(step, about);
    },
    *tell(what) {
      yield* sql.tell.send({ news: what });
    },
    onNews: news.onNews,
    version: versions.version,
    contactsVersion: versions.contactsVersion,
    // The server decides when it uses the place of a deleted row again, and its log has the row as well.
    overwriteDeleted: async () => {},
    async compact(part) {
      assertOpen();
      // It may take longer than a statement of a transaction.
      const { session } = await connector.connect();
      await vacuum(session, part === 'all' ? 'VACUUM (FULL)' : 'VACUUM');
      return true;
    },
    displaced: () => null,
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([writer.end(), reader.end(), news.end()]);
      await current?.close();
    },
  };
}

async function opened({ session, server }: Connected): Promise<Session> {
  try {
    await prepare(session, server);
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

/** Makes a connection ready for transactions. */
async function prepare(session: Session, { direct }: Server): Promise<void> {
  if (direct) await session.own();
}

/** Tidies the tables with what people wrote, or makes them anew. */
async function vacuum(session: Session, statement: 'VACUUM' | 'VACUUM (FULL)'): Promise<void> {
  try {
    for (const table of [
      'entries',
      'outbox',
      'contacts',
      'contact_identities',
      'contact_conflicts',
      'contact_access',
    ]) {
      await session.script(`${statement} ${schema}.${table}`);
    }
  } finally {
    await session.close();
  }
}
