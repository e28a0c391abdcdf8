import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import type { Attached, FoundWords } from '../domain/attached.ts';
import type { InboundMessage, Media } from '../domain/message.ts';
import { isOurs } from '../errors.ts';
import { stateFiles } from '../state/files.ts';
import { createDocumentTexts, type DocumentTexts } from './document-text.ts';
import { isMediaError, type MediaError, mayPass } from './errors.ts';
import { headLength, typeOfContent } from './file-type.ts';
import { createMediaFiles, fileName, type KeptFile, type MediaFiles, ownFiles, type ShareFiles } from './files.ts';
import { createMediaSource, type MediaSource, type MediaSourceOptions } from './obtain.ts';
import type { TextOf } from './text-of.ts';
import type { TranscriberOptions } from './transcription/attempt.ts';
import { createTranscriber, type Transcriber } from './transcription/transcriber.ts';

/** What a message with a medium gives the agent. */
export type Received =
  | Attached
  /** It is not there yet, or came only in part. Ask again. */
  | { kind: 'not yet'; reason: string };

export interface ReceivedMedia {
  /**
   * Obtains the medium of a message, unless its file is kept already, and the words in it. `patient`: it may be told to come
   * again until `media.waitFor` is over; what takes longer than a moment goes on meanwhile, so that it holds up nobody else.
   * Throws the reason of the signal, and defects.
   */
  obtain(message: MediaMessage, options: ObtainOptions): Promise<Received>;
  /** Removes the files whose time is over, and what a killed process has left unfinished. Returns how many files. */
  tidy(): Promise<number>;
}

export interface ObtainOptions {
  patient: boolean;
  signal: AbortSignal;
}

export type MediaMessage = Pick<InboundMessage, 'id' | 'timestamp'> & { media: Media };

export interface ReceivedMediaOptions extends MediaSourceOptions {
  stateDir: string;
  /** The function is called each time. */
  settings: () => Pick<Config, 'media' | 'transcribe'>;
  clock: Clock;
  /** Returns the proxy to a service that transcribes; null for a direct connection. */
  proxyTo: TranscriberOptions['proxyTo'];
  /** 0 ≤ x < 1. */
  random: () => number;
  /** See `ShareFiles`. */
  share?: ShareFiles;
  /** See `MediaFilesOptions`. */
  shared?: boolean;
}

const megabyte = 1024 * 1024;
const day = 86_400_000;
/** Milliseconds after which what Kapso does not have is not about to come: it says of new media that they come within a minute. */
const becomesReady = 15 * 60_000;
/** Files that are fetched at the same time: as many as conversations are worked on by default. */
const fetchedAtOnce = 8;
/** Milliseconds of an attempt that are waited for, before it goes on by itself. */
const moment = 2000;
/** Messages whose beginning of the wait is remembered. */
const mostWaiting = 1000;

/** A kept file, with what is known of its content. */
type KnownFile = KeptFile & { mimeType: string };

/** Obtains the media of received messages as files in the state directory. */
export function createReceivedMedia(options: ReceivedMediaOptions): ReceivedMedia {
  const { settings, clock, share = ownFiles, shared = false } = options;
  const files = share(() =>
    createMediaFiles({
      dir: join(options.stateDir, stateFiles.media),
      clock,
      most: () => settings().media.maxTotalSize * megabyte,
      whenFull: 'oldest go',
      shared,
    }),
  );
  const source = createMediaSource({ atOnce: fetchedAtOnce, ...options });
  const transcriber = createTranscriber({ ...options, settings: () => settings().transcribe });
  const documents = createDocumentTexts({ ...options, settings: () => settings().media });
  const wait = createWait(clock);

  /** Obtains the file, or throws why it does not come. */
  const obtainFile = async (message: MediaMessage, left: number, signal: AbortSignal): Promise<KnownFile> => {
    if (left === 0) throw new Late();
    const late = new AbortController();
    const cancel = clock.after(left, () => late.abort());
    try {
      return await fetchInto(files, source, message, {
        maxBytes: Math.min(settings().media.maxFileSize, settings().media.maxTotalSize) * megabyte,
        signal: AbortSignal.any([signal, late.signal]),
      });
    } catch (error) {
      signal.throwIfAborted();
      if (late.signal.aborted) throw new Late();
      throw error;
    } finally {
      cancel();
    }
  };

  const attempt = async (message: MediaMessage, { patient, signal }: ObtainOptions): Promise<Received> => {
    const { id, timestamp } = message;
    const { waitFor } = settings().media;
    try {
      const left = wait.left(id, waitFor * 1000);
      const file = (await keptFile(files, id)) ?? (await obtainFile(message, left, signal));
      wait.end(id);
      const words = await wordsOf(file, { transcriber, documents, signal });
      return { kind: 'file', path: file.path, mimeType: file.mimeType, size: file.size, ...(words && { words }) };
    } catch (error) {
      signal.throwIfAborted();
      const reason = whyMissing(error);
      const isNew = clock.now() - timestamp < becomesReady;
      const comes = isMediaError(error) && mayPass(error) && (isNew || !isAbsent(error));
      if (patient && comes && wait.left(id, waitFor * 1000) > 0) {
        wait.note(id, reason);
        return { kind: 'not yet', reason };
      }
      const before = error instanceof Late ? wait.noted(id) : null;
      wait.end(id);
      const last = before === null ? '' : `; before that ${before}`;
      return {
        kind: 'missing',
        reason: error instanceof Late ? `it did not come within ${waitFor} s${last}` : reason,
      };
    }
  };

  /** The attempts under way, and those that have ended and were not asked for since. */
  const attempts = new Map<string, Promise<Received>>();

  return {
    async obtain(message, options) {
      const { id } = message;
      const under = attempts.get(id) ?? attempt(message, options);
      attempts.set(id, under);
      // A message that was dropped meanwhile is never asked for again.
      for (const oldest of attempts.keys()) if (attempts.size > mostWaiting) attempts.delete(oldest);
      const forget = () => void (attempts.get(id) === under && attempts.delete(id));
      under.catch(forget);
      const received = options.patient ? await soon(under, clock) : await under;
      if (received === null) return { kind: 'not yet', reason: 'it is on its way' };
      forget();
      return received;
    },

    async tidy() {
      const before = clock.now() - settings().media.retention * day;
      await transcriber.tidy(before);
      return files.tidy({ before });
    },
  };
}

/** Returns why there is no file, as a sentence without a final stop. Throws a defect. */
function whyMissing(error: unknown): string {
  if (isOurs(error)) return error.message;
  if (error instanceof Late) return '';
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) throw error;
  return `it could not be written (${syscall}: ${code})`;
}

/** Whether Kapso says that there is nothing. For a new message that may change. */
function isAbsent({ kind }: MediaError): boolean {
  return kind === 'not-found' || kind === 'expired';
}

/** Returns what an attempt gives within a moment; null when it takes longer. */
async function soon(attempt: Promise<Received>, clock: Clock): Promise<Received | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const cancel = clock.after(moment, () => resolve(null));
  try {
    return await Promise.race([attempt, late]);
  } finally {
    cancel();
  }
}

/** The time for a message's medium is over. */
class Late extends Error {}

/** Knows since when each message has waited for its medium, by the monotonic clock, and what the last attempt said. */
function createWait(clock: Clock) {
  const waits = new Map<string, { begun: number; last: string | null }>();
  return {
    /** Begins the wait of a message, unless it has. Returns the milliseconds that it may still take. */
    left(id: string, most: number): number {
      const wait = waits.get(id) ?? { begun: clock.monotonic(), last: null };
      waits.set(id, wait);
      // A message that was dropped meanwhile is never asked for again.
      for (const oldest of waits.keys()) if (waits.size > mostWaiting) waits.delete(oldest);
      return Math.max(0, wait.begun + most - clock.monotonic());
    },
    note(id: string, last: string) {
      const wait = waits.get(id);
      if (wait) wait.last = last;
    },
    noted: (id: string) => waits.get(id)?.last ?? null,
    end: (id: string) => void waits.delete(id),
  };
}

async function fetchInto(
  files: MediaFiles,
  source: MediaSource,
  { id, media }: MediaMessage,
  limits: { maxBytes: number; signal: AbortSignal },
): Promise<KnownFile> {
  let mimeType = '';
  const kept = await files.keep(id, async file => {
    await source.obtain(media, { into: file, ...limits });
    const type = typeOfContent(await headOf(file));
    mimeType = type?.mimeType ?? unknownType;
    return { name: fileName(media.filename, media.kind, type?.extension ?? 'bin') };
  });
  return { ...kept, mimeType };
}

const unknownType = 'application/octet-stream';

/** Returns the file that is kept for a message; null when there is none, or none any more. */
async function keptFile(files: MediaFiles, id: string): Promise<KnownFile | null> {
  const kept = await files.find(id);
  if (kept === null) return null;
  try {
    const file = await open(kept.path);
    try {
      return { ...kept, mimeType: typeOfContent(await headOf(file))?.mimeType ?? unknownType };
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function headOf(file: FileHandle): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headLength), 0, headLength, 0);
  return buffer.subarray(0, bytesRead);
}

async function wordsOf(
  file: KnownFile,
  { transcriber, documents, signal }: { transcriber: Transcriber; documents: DocumentTexts; signal: AbortSignal },
): Promise<FoundWords | undefined> {
  const speaks = transcriber.transcribes(file);
  if (!speaks && !documents.reads(file)) return undefined;
  const stored = { ...file, sha256: await hashOf(file.path, signal) };
  const found = await (speaks ? transcriber.transcribe(stored, signal) : documents.textOf(stored, signal));
  return { of: speaks ? 'speech' : 'document', ...asWords(found) };
}

function asWords(found: TextOf): { text: string; cut?: true } | { failed: string; hint?: string } {
  if (found.kind === 'failed') return { failed: found.reason, ...(found.hint !== undefined && { hint: found.hint }) };
  return { text: found.text, ...(found.cut && { cut: true }) };
}

async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}
