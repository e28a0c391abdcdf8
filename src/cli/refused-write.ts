import { UsageError } from '../errors.ts';

const refusals: Readonly<Record<string, string>> = {
  EACCES: 'may not be written by this user',
  EPERM: 'may not be written by this user',
  EROFS: 'cannot be written: its file system is mounted for reading only',
  ENOTDIR: 'cannot be there: a part of its path is a file, and not a directory',
  EEXIST: 'is a file, and not a directory',
  EISDIR: 'is a directory',
};

/** Writes, or throws a `UsageError` that says why the file system refuses, with the hint. */
export function orRefusal<T>(write: () => T, hint: string): T {
  try {
    return write();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    const why = refusals[code ?? ''];
    if (why === undefined) throw error;
    throw new UsageError(`${path ?? 'the directory'} ${why}`, {
      hint,
      cause: error,
    });
  }
}
