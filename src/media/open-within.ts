/** Opens files of this machine that are to be sent, within the directories from which that is allowed. */
import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { KapsoWhatsappError } from '../errors.ts';
import { escapeControls } from '../printable.ts';

export interface Bounds {
  /** Only files below one of these directories, and no hidden ones there; absolute paths. Null allows any place. */
  within: readonly string[] | null;
  /** No file below one of these directories, and none of these files. */
  except: readonly string[];
}

export interface OpenedFile {
  handle: FileHandle;
  /** The file's path without symbolic links. */
  path: string;
  /** The name as it was given, without its directories. */
  name: string;
  /** Bytes. */
  size: number;
  /** Tells the file from another that takes its name later. */
  inode: string;
}

/**
 * Opens a regular file for reading, and checks the place of what it has opened: a symbolic link, or a directory that is
 * exchanged meanwhile, leads nowhere else. Nothing is read. The caller closes the handle.
 *
 * @throws KapsoWhatsappError `SEND_FILE_UNREADABLE`; `SEND_FILE_REFUSED` for another place, or what is no regular file
 */
export async function openWithin(given: string, { within, except }: Bounds): Promise<OpenedFile> {
  let handle: FileHandle | undefined;
  try {
    // A pipe would wait for its writer.
    handle = await open(given, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const found = await handle.stat();
    const path = await placeOf(handle, given);
    const roots = within === null ? null : await real(within);
    const ways = roots?.filter(root => isBelow(path, root)).map(root => relative(root, path));
    if (ways?.length === 0) throw outside(given, within ?? []);
    if (ways?.every(way => /(?:^|[/\\])\./.test(way))) throw hidden(given);
    if ((await real(except)).some(place => path === place || isBelow(path, place))) throw secret(given);
    if (!found.isFile()) throw refused(given, 'is not a regular file', 'Give the path of a file');
    return { handle, path, name: basename(given), size: found.size, inode: `${found.dev}:${found.ino}` };
  } catch (error) {
    await handle?.close();
    if (error instanceof KapsoWhatsappError) throw error;
    // Nobody learns from this what there is elsewhere.
    if (within !== null && !within.some(root => isBelow(resolve(given), resolve(root)))) throw outside(given, within);
    throw unreadable(given, error);
  }
}

/** Where the opened file is, after all links. Linux knows it of the handle; elsewhere the path is resolved. */
async function placeOf(handle: FileHandle, given: string): Promise<string> {
  try {
    return await readlink(`/proc/self/fd/${handle.fd}`);
  } catch {
    return realpath(given);
  }
}

/** The directories without links. One that is not there holds no file. */
async function real(places: readonly string[]): Promise<string[]> {
  const found = await Promise.all(places.map(place => realpath(place).catch(() => null)));
  return found.filter(place => place !== null);
}

function isBelow(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(given: string, within: readonly string[]): KapsoWhatsappError {
  const places =
    within.length === 0
      ? 'No workspace of OpenClaw is found here, and media.sendFrom names no directory'
      : `Allowed are files below ${within.join(', ')}; the operator can name others in media.sendFrom`;
  return refused(given, 'is outside the directories from which an agent may send', places);
}

/** Keys, tokens and the history of a repository are in files whose name begins with a dot. */
function hidden(given: string): KapsoWhatsappError {
  const hint = 'An agent may send no file whose name, or whose directory, begins with a dot';
  return refused(given, 'is hidden', hint);
}

function secret(given: string): KapsoWhatsappError {
  const hint = 'The state directory and the configuration are never sent';
  return refused(given, "is one of this program's own files", hint);
}

function refused(given: string, why: string, hint: string): KapsoWhatsappError {
  return new KapsoWhatsappError('SEND_FILE_REFUSED', `the file ${quoted(given)} ${why}`, { hint });
}

function unreadable(given: string, cause: unknown): KapsoWhatsappError {
  const { code } = cause as NodeJS.ErrnoException;
  const why = { ENOENT: 'is not there', EACCES: 'may not be read by this user', ENXIO: 'is not a regular file' };
  const said = why[code as keyof typeof why] ?? `cannot be read (${code ?? cause})`;
  return new KapsoWhatsappError('SEND_FILE_UNREADABLE', `the file ${quoted(given)} ${said}`, {
    hint: 'Check the path; nothing was sent',
    cause,
  });
}

function quoted(path: string): string {
  return `"${escapeControls(path.slice(0, 300))}"`;
}
