/** Takes the files that an agent attaches to its answers: looks whether they may be sent, and keeps a copy of each. */
import type { FileHandle } from 'node:fs/promises';
import { basename, extname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpProxy } from '../config/proxy.ts';
import type { MediaContent } from '../domain/content.ts';
import { isOurs, KapsoWhatsappError } from '../errors.ts';
import { escapeControls } from '../printable.ts';
import { isMediaError } from './errors.ts';
import { fetchMedia } from './fetch.ts';
import type { FileType } from './file-kind.ts';
import { headLength, typeOfContent } from './file-type.ts';
import { fileName, type KeptFile, type MediaFiles } from './files.ts';
import { inspectFile } from './inspect.ts';
import { openWithin } from './open-within.ts';
import { type SentAs, uploadName } from './outgoing-kinds.ts';

export interface OutgoingMediaOptions {
  /** Where the copies are kept. */
  files: MediaFiles;
  /** Files and directories of which nothing is ever sent. */
  except: readonly string[];
  /** The home directory of the user. */
  home: string;
  /** Milliseconds that a fetch may take. */
  fetchWithin: number;
  proxy: HttpProxy | null;
}

/** A file in an agent's words: a path, `~/…`, or an address. */
export interface NamedFile {
  named: string;
  voice?: true;
}

/** From where a file may come. */
export interface Sources {
  /** The directory to which a relative path belongs; null where it is not known. */
  workspace: string | null;
  /** Directories whose files may be sent, the workspace too. */
  directories: readonly string[];
  /** Hosts from which files may be fetched, in the form of `fetchMedia`. */
  hosts: readonly string[];
}

export type TakenFile = Pick<MediaContent, 'media' | 'source' | 'filename' | 'voice'>;

export interface OutgoingMedia {
  /**
   * Takes a file and keeps a copy under the id. It is sent as what it is by its content, and as a document where WhatsApp
   * takes it only so. Nothing of it is changed.
   *
   * @throws KapsoWhatsappError `SEND_FILE_REFUSED`, `SEND_FILE_UNREADABLE` or `MEDIA_…`. Then no copy is kept.
   */
  take(id: string, file: NamedFile, from: Sources, signal: AbortSignal): Promise<TakenFile>;
}

/** Bytes. WhatsApp takes no larger file as anything (WhatsApp Cloud API, "Media"). */
const largestFile = 100 * 1024 * 1024;
/** Bytes that are copied at once. */
const piece = 256 * 1024;

export function createOutgoingMedia(options: OutgoingMediaOptions): OutgoingMedia {
  const { files } = options;
  return {
    async take(id, { named, voice = false }, from, signal) {
      const isAddress = /^https?:/i.test(named);
      const name = isAddress ? nameIn(named) : basename(named);
      const kept = await files.keep(id, async file => {
        if (isAddress) await fetchInto(file, named, from, { ...options, signal });
        else await copyInto(file, pathOf(named, from, options.home), from, options);
        return { name: fileName(name, 'file', endingOf(name)) };
      });
      try {
        return await describe(kept, name, voice);
      } catch (error) {
        await files.forget(id);
        throw error;
      }
    },
  };
}

async function fetchInto(
  into: FileHandle,
  url: string,
  { hosts }: Sources,
  { proxy, fetchWithin, signal }: OutgoingMediaOptions & { signal: AbortSignal },
): Promise<void> {
  try {
    const limits = { total: fetchWithin };
    await fetchMedia({ url, into, maxBytes: largestFile, signal, allow: { hosts }, proxy, limits });
  } catch (error) {
    if (!isMediaError(error) || error.kind !== 'refused' || error.hint !== undefined) throw error;
    const hint = 'The hosts from which an agent may send files are in reply.mediaHosts';
    throw new KapsoWhatsappError(error.code, error.message, { hint, cause: error });
  }
}

async function copyInto(
  into: FileHandle,
  path: string,
  { directories }: Sources,
  { except }: OutgoingMediaOptions,
): Promise<void> {
  const { handle, size } = await openWithin(path, { within: directories, except });
  try {
    if (size > largestFile) {
      throw refused(path, `has ${Math.ceil(size / 1024 / 1024)} MB, and WhatsApp takes 100 MB`, 'Make it smaller');
    }
    const buffer = Buffer.alloc(piece);
    // Not beyond the size that was seen: a file that grows has no end.
    for (let at = 0; at < size; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(piece, size - at), at);
      if (bytesRead === 0) break;
      await into.writeFile(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** The absolute path of a file in an agent's words. Throws `SEND_FILE_REFUSED` where it has none. */
function pathOf(named: string, { workspace }: Sources, home: string): string {
  if (/^file:/i.test(named)) {
    try {
      return fileURLToPath(named);
    } catch (cause) {
      throw refused(named, 'is no path of this machine', 'Name it by its absolute path', cause);
    }
  }
  if (/^~\//.test(named)) return join(home, named.slice(2));
  if (isAbsolute(named)) return named;
  if (workspace !== null) return join(workspace, named);
  const hint = 'Name it by its absolute path; for a gateway on another machine, files cannot be attached by path';
  throw refused(named, 'has no absolute path, and where the agent works is not known', hint);
}

/** Says as what a file is sent. The name is the one that the agent gave it. */
async function describe(kept: KeptFile, name: string, voice: boolean): Promise<TakenFile> {
  const type = typeOfContent(await headOf(kept.path));
  let first: unknown;
  for (const as of kindsOf(type, voice)) {
    try {
      const file = await inspectFile(kept.path, as);
      if (as === 'document') {
        const filename = uploadName(name, type ?? { mimeType: '', extension: 'bin', family: 'other' }, as);
        return { media: as, source: { file: { ...file, name: filename } }, filename };
      }
      return as === 'voice' ? { media: 'audio', source: { file }, voice: true } : { media: as, source: { file } };
    } catch (error) {
      if (!isOurs(error)) throw error;
      first ??= error;
    }
  }
  throw first;
}

/** What a file may be sent as, the best first. */
function kindsOf(type: FileType | null, voice: boolean): SentAs[] {
  switch (type?.family) {
    case 'image':
      return [type.mimeType === 'image/webp' ? 'sticker' : 'image', 'document'];
    case 'video':
      // An MP4 may have sound alone.
      return ['video', 'audio', 'document'];
    case 'audio':
      return [...(voice ? (['voice'] as const) : []), 'audio', 'document'];
    default:
      return ['document'];
  }
}

async function headOf(path: string): Promise<Uint8Array> {
  const { handle, size } = await openWithin(path, { within: null, except: [] });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, headLength)), 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The last part of an address's path, as a name. */
function nameIn(url: string): string {
  const last = URL.parse(url)?.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function endingOf(name: string): string {
  return /^\.([A-Za-z0-9]{1,10})$/.exec(extname(name))?.[1]?.toLowerCase() ?? 'bin';
}

function refused(named: string, why: string, hint: string, cause?: unknown): KapsoWhatsappError {
  const what = `the file "${escapeControls(named.slice(0, 300))}" ${why}`;
  return new KapsoWhatsappError('SEND_FILE_REFUSED', what, { hint, cause });
}
