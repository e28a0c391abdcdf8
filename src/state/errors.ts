import { accessSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ErrorCode } from '../error-codes.ts';
import { type ErrorDetails, isOurs, KapsoWhatsappError } from '../errors.ts';

/** `error-codes.ts` says what each code means. */
export type StateErrorCode = Extract<ErrorCode, `STORE_${string}`>;

export class StateError extends KapsoWhatsappError {
  declare readonly code: StateErrorCode;

  constructor(code: StateErrorCode, message: string, options: ErrorDetails = {}) {
    super(code, message, options);
  }
}

/** Whether it is one, also of the part of the program that has the driver of PostgreSQL and its own copy of the class. */
export function isStateError(error: unknown): error is StateError {
  return isOurs(error) && error.code.startsWith('STORE_');
}

/** Says what to do about a database that must not be used. Its files belong together. */
export function moveAwayHint(path: string): string {
  return (
    `Restore it from a backup, or move ${path}, ${path}-wal and ${path}-shm away together to start with an empty inbox. ` +
    'Nothing was changed.'
  );
}

/**
 * With less free space than this, in bytes, an I/O error counts as a full disk: SQLite reports some of those as plain
 * I/O errors.
 */
const fullBelow = 64 * 1024;

function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < fullBelow;
  } catch {
    return false;
  }
}

function full(path: string, cause: unknown): StateError {
  return new StateError('STORE_FULL', `no space left for ${path}`, {
    hint: 'Make space on that file system; what was accepted before is safe, and no restart is needed.',
    cause,
  });
}

/** Whether this user may not access the file. SQLite does not say so. */
function isForbidden(path: string, error: unknown): boolean {
  const forbids = (reason: unknown) => ['EACCES', 'EPERM'].includes(String((reason as NodeJS.ErrnoException).code));
  if (forbids(error)) return true;
  try {
    accessSync(path);
    return false;
  } catch (reason) {
    return forbids(reason);
  }
}

const elsewhere = 'Name a directory that is there or can be made, on a local disk (state.dir, KAPSO_STATE_DIR).';

/** System errors by code: the end of a sentence about the path, and a hint. */
const refusals: Readonly<Record<string, { what: string; hint: string }>> = {
  EROFS: {
    what: 'cannot be written: its file system is mounted for reading only',
    hint:
      'Name a directory that can be written (state.dir, KAPSO_STATE_DIR). Under systemd the unit must allow it ' +
      '(StateDirectory=, ReadWritePaths=).',
  },
  ENOENT: { what: 'cannot be made: the directory above it is missing or takes none', hint: elsewhere },
  ENOTDIR: { what: 'cannot be there: a part of its path is a file, and not a directory', hint: elsewhere },
  ELOOP: { what: 'cannot be reached: the links in its path lead in a circle', hint: elsewhere },
  ENAMETOOLONG: { what: 'has too long a name', hint: elsewhere },
};

function refused(path: string, detail: string, cause: unknown): StateError {
  const { code = '', path: at = path } = cause as NodeJS.ErrnoException;
  // Without the cause: it says the same in the system's words.
  if (isForbidden(path, cause)) {
    return new StateError('STORE_IO', `this user may not read and write ${at}`, {
      hint:
        'Run this as the user that the poller runs as, or as root (sudo). The poller itself: give its state directory ' +
        'to this user (chown).',
    });
  }
  const known = refusals[code];
  if (known) return new StateError('STORE_IO', `${at} ${known.what}`, { hint: known.hint });
  return new StateError('STORE_IO', `${path} could not be read or written: ${detail}`, {
    hint: 'Check that the state directory exists, that this user may write to it, and that the disk is healthy.',
    cause,
  });
}

// Primary result codes, https://www.sqlite.org/rescode.html
const sqlite = {
  busy: 5,
  locked: 6,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  toobig: 18,
  constraint: 19,
  mismatch: 20,
  notadb: 26,
} as const;

/**
 * Turns an error of node:sqlite or node:fs into a `StateError` that names the database. An unknown error, such as a
 * mistake in a statement, comes back unchanged: it is a defect of this program and keeps its stack.
 */
export function toStateError(error: unknown, path: string): unknown {
  if (error instanceof StateError || !(error instanceof Error)) return error;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  if (code !== 'ERR_SQLITE_ERROR') {
    if (code === 'ENOSPC' || code === 'EDQUOT') return full(path, error);
    return 'syscall' in error ? refused(path, error.message, error) : error;
  }
  // The low byte of an extended result code is the primary one.
  switch (Number(errcode) & 0xff) {
    case sqlite.full:
      return full(path, error);
    case sqlite.ioerr:
    case sqlite.cantopen:
      return isFull(path) ? full(path, error) : refused(path, error.message, error);
    case sqlite.corrupt:
    case sqlite.notadb:
      return new StateError('STORE_DAMAGED', `${path} is damaged: ${error.message}`, {
        hint: moveAwayHint(path),
        cause: error,
      });
    case sqlite.busy:
    case sqlite.locked:
      return new StateError('STORE_BUSY', `${path} is in use by another process: ${error.message}`, {
        hint: 'Try again; if it stays so, look for a process that holds the file open.',
        cause: error,
      });
    case sqlite.readonly:
      return new StateError('STORE_READONLY', `${path} can only be read: ${error.message}`, {
        hint: 'Check the owner and mode of the file, and that the file system is mounted for writing.',
        cause: error,
      });
    case sqlite.constraint:
    case sqlite.mismatch:
    case sqlite.toobig:
      return new StateError('STORE_INVALID', `${path} refused a value: ${error.message}`, { cause: error });
    default:
      return error;
  }
}
