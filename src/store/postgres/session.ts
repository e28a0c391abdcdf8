import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import type { Clock } from '../../clock.ts';
import type { Answer, Query, Row, Value } from '../sql/step.ts';
import { type DatabaseName, isAnswer, toDatabaseError } from './errors.ts';
import { settingsOfConnection } from './scripts.ts';

/** Makes one statement of several that insert a row each, with their parameters. */
export type Join = (rows: readonly (readonly Value[])[]) => Command;

/** A statement in PostgreSQL's words, with its parameters in the order of `$1`, `$2`… */
export interface Command extends Query {
  readonly parameters: readonly Value[];
  /** Under this name the server keeps it, where it is kept at all. */
  readonly name: string;
  /** Makes one statement of this and others of this name, whose answers nobody waits for; see `joinOf`. */
  readonly join?: Join;
}

/** What one statement of a script gave. */
export interface Result extends Answer {
  /** The kind of statement that was done, e.g. `COMMIT`, or `ROLLBACK` where a failed transaction was to be committed. */
  readonly command: string;
}

/**
 * One connection. Statements may be asked for before the one before is answered; they are done in their order. All
 * reject with `StateError`s, or, for a mistake in a statement, with the server's error.
 */
export interface Session {
  run(command: Command): Promise<Answer>;
  /** Runs several statements without parameters, in one round trip. */
  script(text: string): Promise<Result[]>;
  /** Why it is of no more use; null while it is. */
  broken(): unknown;
  /** The process of the server, as the server names it at the connection's beginning. A pooler names none of its own. */
  readonly process: number;
  /** Whether nobody else uses its process at the server, and that has the settings of all transactions; see `own`. */
  readonly isOwn: boolean;
  /**
   * Has the server keep its settings, and each statement under its name. Not behind a pooler: the next transaction may be at
   * another process.
   */
  own(): Promise<void>;
  onNotification(listener: (channel: string, payload: string) => void): void;
  /** Resolves when it is of no more use. */
  readonly ended: Promise<void>;
  /** Says goodbye. Resolves when nothing of it is left. */
  close(): Promise<void>;
  /** Ends it at once. What is under way is rejected with the reason. */
  destroy(reason: Error): void;
}

export interface SessionOptions {
  host: string;
  port: number;
  database: string;
  user: string;
  /** Without one, a server that asks for it is refused. */
  password: string | null;
  tls: ConnectionOptions | null;
  channelBinding: boolean;
  name: DatabaseName;
  /** Milliseconds for the connection, with TLS and password. */
  within: number;
  /** Rejects when the server does not answer another connection either: it is stopped, or the way to it is cut. */
  stillThere: () => Promise<void>;
  clock: Clock;
}

/** Milliseconds after which the system asks whether the other side is there, each second from then on, ten times. */
const keepAliveAfter = 5000;
/** Milliseconds for the answer to a statement. Then, and again after each such time, the server is asked whether it is there. */
const answerWithin = 3000;

/**
 * Answers (SQLSTATE) after which only another connection can help: this one is ended by the server; it leads to a server that
 * can only be read, and another host may have taken over; or what the server keeps of a statement fits its tables no more.
 */
const ofNoMoreUse = /^(08|57P|25P03|25006|0A000|26000)/;

/** The types of columns, by their number in pg_type. */
const numbers = new Set([20, 21, 23, 700, 701, 1700]);
const boolean = 16;

const asText = (value: string) => value;
const asTruth = (value: string) => (value === 't' ? 1 : 0);
const types = {
  getTypeParser: (oid: number) => (numbers.has(oid) ? Number : oid === boolean ? asTruth : asText),
} as unknown as pg.CustomTypesConfig;

/** Connects. Rejects with a `StateError`. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { name } = options;
  const socket = new Socket();
  const client = new pg.Client({
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    password: () => passwordOf(options),
    ssl: options.tls ?? false,
    enableChannelBinding: options.channelBinding,
    application_name: 'kapso-whatsapp',
    connectionTimeoutMillis: options.within,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfter,
    pipeline: true,
    stream: () => socket,
    types,
  });
  let reason: unknown = null;
  const { promise: ended, resolve: onEnded } = Promise.withResolvers<void>();
  const end = (error: unknown) => {
    reason ??= toDatabaseError(error, name);
    socket.destroy();
    onEnded();
  };
  // Also told of what happens between statements, such as a server that stops.
  client.on('error', end);
  client.once('end', () => end(new Error('the connection ended')));
  try {
    await client.connect();
  } catch (error) {
    socket.destroy();
    throw toDatabaseError(error, name);
  }
  return createSession(client, { ...options, end, ended, broken: () => reason });
}

function passwordOf({ password, name }: SessionOptions): string {
  if (password !== null) return password;
  throw toDatabaseError(Object.assign(new Error('no password'), { severity: 'FATAL', code: '28P01' }), name);
}

interface OpenSession extends Pick<SessionOptions, 'clock' | 'name' | 'stillThere'> {
  end: (error: unknown) => void;
  ended: Promise<void>;
  broken: () => unknown;
}

function createSession(client: pg.Client, { clock, name, stillThere, end, ended, broken }: OpenSession): Session {
  let isOwn = false;
  /** Statements without an answer yet. */
  let waiting = 0;
  /** Counts the answers, and the statements that no other one goes before. */
  let signs = 0;
  let cancel = () => {};
  const together = createCork(client);

  /** Ends the connection when the server gives no sign from now on, while something waits for its answer. */
  function watch(): void {
    cancel();
    signs += 1;
    const since = signs;
    const look = () => {
      cancel = clock.after(answerWithin, () => {
        void stillThere().then(
          () => since === signs && look(),
          error => since === signs && end(error),
        );
      });
    };
    if (waiting > 0) look();
  }

  async function ask<T>(query: () => Promise<T>): Promise<T> {
    if (broken() !== null) throw broken();
    waiting += 1;
    if (waiting === 1) watch();
    together();
    try {
      return await query();
    } catch (error) {
      // Without an answer it is not known what the server does, so nothing else may follow.
      if (!isAnswer(error) || ofNoMoreUse.test(error.code)) end(error);
      throw broken() ?? toDatabaseError(error, name);
    } finally {
      waiting -= 1;
      watch();
    }
  }

  const script: Session['script'] = text =>
    ask(async () => {
      const results = await client.query<Row>(text);
      return [results].flat().map(result => ({ ...toAnswer(result), command: result.command }));
    });

  return {
    run: ({ text, parameters, name: kept }) =>
      ask(async () => {
        const query = { text, values: [...parameters], ...(isOwn && { name: kept }) };
        return toAnswer(await client.query<Row>(query));
      }),
    script,
    broken,
    process: (client as unknown as { processID: number }).processID,
    get isOwn() {
      return isOwn;
    },
    async own() {
      await script(settingsOfConnection);
      isOwn = true;
    },
    onNotification: listener => {
      client.on('notification', ({ channel, payload = '' }) => listener(channel, payload));
    },
    ended,
    close: () => client.end(),
    destroy: end,
  };
}

/**
 * Returns what has all that is asked for from now on, until other work goes on, leave in one piece. To send it to the system
 * piece by piece costs the most of all that is done for a statement here, and each piece wakes the server.
 */
function createCork(client: pg.Client): () => void {
  let corked = false;
  return () => {
    if (corked) return;
    corked = true;
    // With TLS it is another one than at the beginning.
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    stream.cork();
    process.nextTick(() => {
      corked = false;
      stream.uncork();
    });
  };
}

function toAnswer({ rows, rowCount }: pg.QueryResult<Row>): Answer {
  return { rows, changes: rowCount ?? 0 };
}

/** The row of an answer that has only one. */
export function onlyRow<T extends Row>({ rows }: Answer): T {
  const [row] = rows;
  if (row === undefined) throw new TypeError('the statement gave no row');
  return row as T;
}

/** The only row of the last statement of a script. */
export function lastRow<T extends Row>(results: readonly Result[]): T {
  return onlyRow(results.at(-1) ?? { rows: [], changes: 0 });
}
