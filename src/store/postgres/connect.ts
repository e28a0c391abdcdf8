import type { Clock } from '../../clock.ts';
import type { DatabaseHost, DatabaseUrl } from '../../config/database-url.ts';
import { backoff, waits } from '../../waits.ts';
import { StoreError } from '../errors.ts';
import type { DatabaseConnection } from '../shared-database.ts';
import { describe, type Server, weaknesses } from './durability.ts';
import { type DatabaseName, isSilence, isWithoutTls } from './errors.ts';
import { lastRow, openSession, type Session } from './session.ts';
import { protectionFor } from './tls.ts';

/** The oldest version of PostgreSQL that this program works with. */
const oldest = 15;

/** Milliseconds for a connection. A name server that does not answer takes 5 s of them. */
const connectWithin = 10_000;
/** The same for one that only shows that the server is there, while another waits for its answer. */
const thereWithin = 3000;

export interface Connected {
  session: Session;
  server: Server;
}

export interface Connector {
  /** What messages call the database. */
  readonly name: string;
  /**
   * Opens a connection to the first host that can be used. After a failure it is rejected with the same error, without
   * another attempt, until a pause is over that grows with each failure.
   */
  connect(): Promise<Connected>;
}

export interface ConnectorOptions {
  url: DatabaseUrl;
  /** Whether a standby is good enough. */
  readOnly: boolean;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  /** Told of a failure for another reason than before, of the first connection after one or at all, and of another host. */
  onConnection?: (connection: DatabaseConnection) => void;
}

const look = `SELECT pg_backend_pid() AS process, current_setting('server_version_num') AS version,
  pg_is_in_recovery() AS standby, current_setting('transaction_read_only') AS reading,
  current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
  current_setting('synchronous_commit') AS commits, current_setting('synchronous_standby_names') AS standbys`;

/** What messages call a database, with all its hosts or one of them. */
export function nameOf({ database, user }: DatabaseUrl, hosts: readonly DatabaseHost[]): DatabaseName {
  return { name: `the database ${database} at ${hosts.map(placeOf).join(' or ')}`, user };
}

function placeOf({ host, port }: DatabaseHost): string {
  if (host.startsWith('/')) return `${host}/.s.PGSQL.${port}`;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function createConnector(options: ConnectorOptions): Connector {
  const { url, clock, onConnection } = options;
  const { name } = nameOf(url, url.hosts);
  const pause = backoff(waits.database, options.random);
  let failures = 0;
  let failed: { error: unknown; until: number } | null = null;
  /** The host, or the reason of the failure, that was told last. */
  let toldOf: string | null = null;

  async function connectToAny(): Promise<Connected> {
    const errors: unknown[] = [];
    for (const host of url.hosts) {
      try {
        return await connectTo(host, options);
      } catch (error) {
        errors.push(error);
      }
    }
    // What a server has said tells more than the silence of another one.
    throw errors.find(error => !isSilence(error)) ?? errors[0];
  }

  function noteSuccess({ server }: Connected): void {
    [failures, failed] = [0, null];
    if (server.at === toldOf) return;
    toldOf = server.at;
    onConnection?.({ works: true, name, server: describe(server), weaknesses: weaknesses(server, url.hosts.length) });
  }

  function noteFailure(error: unknown): void {
    failures += 1;
    failed = { error, until: clock.monotonic() + pause(failures) };
    const reason = (error as Error).message;
    if (reason === toldOf) return;
    toldOf = reason;
    onConnection?.({ works: false, name, error });
  }

  return {
    name,
    async connect() {
      if (failed !== null && clock.monotonic() < failed.until) throw failed.error;
      try {
        const connected = await connectToAny();
        noteSuccess(connected);
        return connected;
      } catch (error) {
        noteFailure(error);
        throw error;
      }
    },
  };
}

/** Rejects when nobody answers another connection. Any answer is good enough, such as that there are too many. */
async function assertThere(open: () => Promise<Session>): Promise<void> {
  try {
    const session = await open();
    await session.script('SELECT').finally(session.close);
  } catch (error) {
    if (isSilence(error)) throw error;
  }
}

const silent = () => Promise.reject(new Error('timeout expired'));

async function connectTo(host: DatabaseHost, { url, clock, readOnly }: ConnectorOptions): Promise<Connected> {
  const name = nameOf(url, [host]);
  const { tls, orInTheClear } = protectionFor(host.host, url);
  const open = async (within: number, stillThere: () => Promise<void>) => {
    const options = { ...url, ...host, name, clock, within, stillThere };
    try {
      return await openSession({ ...options, tls });
    } catch (error) {
      if (!orInTheClear || !isWithoutTls(error)) throw error;
      return openSession({ ...options, tls: null });
    }
  };
  const session = await open(connectWithin, () => assertThere(() => open(thereWithin, silent)));
  try {
    const said = lastRow<Said>(await session.script(look));
    return {
      session,
      server: examine(said, { at: placeOf(host), name: name.name, process: session.process, readOnly }),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** What a server says when it is looked at. */
export type Said = Record<
  'process' | 'version' | 'standby' | 'reading' | 'encoding' | 'fsync' | 'commits' | 'standbys',
  string | number
>;

/** Makes out whether a server can be used. Throws STORE_REFUSED or STORE_READONLY. */
export function examine(
  said: Said,
  { at, name, process, readOnly }: { at: string; name: string; process: number; readOnly: boolean },
): Server {
  const version = Math.floor(Number(said.version) / 10_000);
  if (version < oldest) {
    throw new StoreError('STORE_REFUSED', `${name} is on PostgreSQL ${version}, which is too old`, {
      hint: `Use PostgreSQL ${oldest} or newer.`,
    });
  }
  if (said.encoding !== 'UTF8') {
    throw new StoreError('STORE_REFUSED', `${name} has the encoding ${said.encoding}, which has no emoji`, {
      hint: "Make a database with UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0;",
    });
  }
  const standby = Number(said.standby) === 1;
  if (standby && !readOnly) {
    throw new StoreError('STORE_READONLY', `${name} can only be read: it is a standby`, {
      hint: 'Name the primary in state.database, or several hosts: the one that can be written is used.',
    });
  }
  if (said.reading === 'on' && !readOnly) {
    throw new StoreError('STORE_READONLY', `${name} can only be read: default_transaction_read_only is on`, {
      hint: 'Switch it off there, or name several hosts in state.database: the one that can be written is used.',
    });
  }
  return {
    at,
    version,
    // A pooler gives a number of its own invention for the process, and passes statements to any.
    direct: process === Number(said.process),
    standby,
    synchronousCommit: String(said.commits),
    fsync: said.fsync === 'on',
    synchronousStandbys: said.standbys !== '',
  };
}
