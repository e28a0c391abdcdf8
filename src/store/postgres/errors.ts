import { StateError, type StateErrorCode } from '../../state/errors.ts';
import { StoreError } from '../errors.ts';
import { movedState } from './moved-state.ts';

/** What messages say of a database. */
export interface DatabaseName {
  /** For example `the database kapso at db.example.com:5432`. */
  name: string;
  user: string;
}

interface Told {
  code: StateErrorCode;
  /** The end of a sentence about the database. */
  what: string;
  hint: string;
}

const unreachable = (
  what: string,
  hint = 'Look whether the server runs, and at its log. Pollers try again by themselves; a command is to be given again.',
): Told => ({
  code: 'STORE_UNREACHABLE',
  what,
  hint,
});
const refused = (what: string, hint: string): Told => ({ code: 'STORE_REFUSED', what, hint });
const busy = (what: string): Told => ({
  code: 'STORE_BUSY',
  what,
  hint: 'Try again; if it stays so, look in pg_stat_activity for what holds its tables.',
});

const noSpace: Told = {
  code: 'STORE_FULL',
  what: 'has no space left',
  hint: 'Make space on the server; what was accepted before is safe, and no restart is needed.',
};

const damaged: Told = {
  code: 'STORE_DAMAGED',
  what: 'is damaged',
  hint: 'Stop the pollers, and restore it from a backup of the server.',
};

/** To whoever may not use a schema, what is in it is not there. */
const unseen = (user: string) =>
  refused(
    `has no inbox any more that the user ${user} may use`,
    `Give it its rights back (ALTER SCHEMA kapso_whatsapp OWNER TO "${user}"). Where the tables are gone, stop the ` +
      'pollers, and restore them from a backup of the server.',
  );

/** SQLSTATEs, https://www.postgresql.org/docs/current/errcodes-appendix.html. A class has two characters. */
const known: Readonly<Record<string, Told | ((user: string) => Told)>> = {
  '28P01': user =>
    refused(
      `refused the password of the user ${user}`,
      'Put the right one into state.database (KAPSO_STATE_DATABASE).',
    ),
  28000: user =>
    refused(
      `does not let the user ${user} in from here`,
      'See pg_hba.conf of the server, and the user and sslmode in state.database (KAPSO_STATE_DATABASE).',
    ),
  '3D000': refused(
    'does not exist',
    'Make it (CREATE DATABASE), or name the right one in state.database (KAPSO_STATE_DATABASE).',
  ),
  42501: user =>
    refused(
      `does not give the user ${user} the rights it needs`,
      `As an administrator, in that database: CREATE SCHEMA kapso_whatsapp AUTHORIZATION "${user}";`,
    ),
  '42P01': unseen,
  42883: unseen,
  42703: damaged,
  '3F000': unseen,
  XX001: damaged,
  XX002: damaged,
  53100: noSpace,
  53300: unreachable(
    'has no connection left',
    'Raise max_connections, or use a pooler. Pollers try again by themselves; a command is to be given again.',
  ),
  53: unreachable('has no memory or other resources left'),
  25006: {
    code: 'STORE_READONLY',
    what: 'can only be read: it is a standby, or default_transaction_read_only is on',
    hint: 'Name the primary in state.database, or several hosts: the one that can be written is used.',
  },
  40001: busy('refused a change, since another was made at the same moment'),
  '40P01': busy('refused a change, since two waited for each other'),
  '55P03': busy('is in use by another process, for too long'),
  57014: busy('took too long for a statement'),
  '25P03': unreachable('broke the connection, since this program was stopped in the middle of a change'),
  [movedState]: {
    code: 'STORE_MOVED',
    what: 'was moved, and is not used here any more',
    hint: 'Start the poller with the inbox that is in use: kapso-whatsapp-cli status says where that is.',
  },
  57: unreachable('is starting, or is being stopped'),
  '08': unreachable('cannot be reached through its pooler, or broke the connection'),
  58: unreachable('has trouble with its disk'),
  22: { code: 'STORE_INVALID', what: 'refused a value', hint: 'Report it, with the whole message.' },
  23: { code: 'STORE_INVALID', what: 'refused a value', hint: 'Report it, with the whole message.' },
};

/** What node:tls says of a certificate that it does not take. */
const certificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL/;

const network: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'cannot be reached: nothing listens there',
  ENOENT: 'cannot be reached: there is no such socket',
  EACCES: 'cannot be reached: this user may not open the socket',
  ENOTFOUND: 'cannot be reached: its host has no address',
  EAI_AGAIN: 'cannot be reached: the name of its host cannot be looked up now',
  ETIMEDOUT: 'does not answer',
  ECONNRESET: 'broke the connection',
  EPIPE: 'broke the connection',
};

const withoutTls = refused(
  'does not offer TLS',
  'Switch it on there (ssl = on), or say sslmode=disable in state.database where the way to it is safe otherwise.',
);

interface DatabaseFailure extends Error {
  code?: string;
  severity?: string;
  detail?: string;
}

/** Whether the server itself answered with the error. */
export function isAnswer(error: unknown): error is DatabaseFailure & { code: string } {
  return error instanceof Error && 'severity' in error && /^[0-9A-Z]{5}$/.test(String((error as DatabaseFailure).code));
}

/**
 * Turns an error of `pg` into a `StateError` that names the database and nothing secret. A mistake in a statement comes
 * back unchanged: it is a defect of this program and keeps its stack.
 */
export function toDatabaseError(error: unknown, { name, user }: DatabaseName): unknown {
  if (error instanceof StateError || !(error instanceof Error)) return error;
  if (isAnswer(error)) {
    const told = known[error.code] ?? known[error.code.slice(0, 2)];
    if (told === undefined) return error;
    return toError(typeof told === 'function' ? told(user) : told, name, error);
  }
  return toError(ofNetwork(error), name, error);
}

function ofNetwork(error: DatabaseFailure): Told {
  const { code = '', message } = error;
  if (/does not support SSL/.test(message)) return withoutTls;
  if (certificate.test(code)) {
    return refused(
      `has a certificate that is not taken: ${message}`,
      'Give the file of the certificate that signed it as sslrootcert in state.database; see the guide on PostgreSQL.',
    );
  }
  if (/timeout expired/.test(message)) return unreachable('does not answer');
  return unreachable(network[code] ?? 'broke the connection');
}

function toError({ code, what, hint }: Told, name: string, error: DatabaseFailure): StoreError {
  if (!isAnswer(error)) return new StoreError(code, `${name} ${what}`, { hint, cause: error });
  // What the server says of a value may have a part of a message in it.
  const said = error.code.startsWith('22') ? '' : `${error.message}; `;
  return new StoreError(code, `${name} ${what} (${said}SQLSTATE ${error.code})`, { hint });
}

/** Whether the error says that nobody answered. */
export function isSilence(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'STORE_UNREACHABLE' && error.cause !== undefined;
}

/** Whether the error says that somebody should have answered, and did not in time: another attempt at once makes no sense. */
export function isTimeout(error: unknown): boolean {
  return isSilence(error) && /timeout expired/.test(String((error as StoreError).cause));
}

/** Whether the error says that the server speaks in the clear only. */
export function isWithoutTls(error: unknown): boolean {
  return error instanceof StoreError && error.hint === withoutTls.hint;
}
