import type { FileHandle } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from '../clock.ts';
import type { HttpProxy } from '../config/proxy.ts';
import type { MediaKind } from '../domain/message.ts';
import { retryAfter } from '../kapso/http/api-error.ts';
import { describeNetworkFailure, hintWhereUnsent } from '../kapso/http/network-failure.ts';
import { version } from '../version.ts';
import { openConnection, type Resolve } from './connection.ts';
import { type Allowed, type Destination, destinationOf, nameOf, refused } from './destination.ts';
import { isMediaError, MediaError } from './errors.ts';
import { type FileType, typeOfContent } from './file-type.ts';
import { receiveInto, tooLarge } from './incoming-file.ts';

/** Limits of one fetch. Milliseconds, except `redirects`. */
export interface FetchLimits {
  /** From the beginning to the last byte, all redirects included. */
  total: number;
  /** From a request to its answer, with the connection, and from one piece of the body to the next. */
  silence: number;
  redirects: number;
}

/** A file of 100 MB, the largest of WhatsApp, arrives within it on a line of 2 Mbit/s. */
export const defaultFetchLimits: FetchLimits = { total: 10 * 60_000, silence: 30_000, redirects: 5 };

export interface MediaRequest {
  url: string;
  /** Go to the URL's own origin, and to none that it redirects to. Names in lower case. */
  headers?: Readonly<Record<string, string>>;
  /** A path that does not exist yet, or the handle of an empty file. A failure leaves no file there, or an empty one. */
  into: string | FileHandle;
  maxBytes: number;
  /** What it must be by its content. A document may be anything. */
  kind?: MediaKind;
  signal: AbortSignal;
  allow: Allowed;
  /** Through it the names are resolved by the proxy, so that only addresses that stand in a URL are checked here. */
  proxy?: HttpProxy | null;
  limits?: Partial<FetchLimits>;
  clock?: Clock;
  /** The default is the system's resolver. */
  resolve?: Resolve;
}

export interface FetchedMedia {
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
  /** By content; `application/octet-stream` for one that is not known. */
  mimeType: string;
  /** What the server says, untrusted: `image/jpeg`, or null. */
  declaredType: string | null;
}

/**
 * Fetches a file from an address that a stranger may have chosen.
 *
 * Only `https:`, only public addresses, checked after the name is resolved and again at the connection, for each
 * redirect anew. Nothing is decompressed. Throws a MediaError, or the reason of the signal.
 */
export async function fetchMedia(request: MediaRequest): Promise<FetchedMedia> {
  request.signal.throwIfAborted();
  const first = destinationOf(request.url, request.allow);
  const deadline = watch(request);
  try {
    const { url, body, declaredType, close } = await follow(first, request, deadline);
    try {
      const { type, ...received } = await receive(body, request, deadline);
      return { ...received, mimeType: type?.mimeType ?? 'application/octet-stream', declaredType };
    } catch (error) {
      throw asFailure(error, url, request);
    } finally {
      await close();
    }
  } catch (error) {
    throw deadline.signal.aborted ? deadline.signal.reason : error;
  } finally {
    deadline.end();
  }
}

interface OpenFile {
  /** Where the redirects have led. */
  url: URL;
  body: AsyncIterable<Uint8Array>;
  declaredType: string | null;
  close(): Promise<void>;
}

/** Follows the redirects to the answer that has the file. */
async function follow(first: Destination, request: MediaRequest, deadline: Deadline): Promise<OpenFile> {
  const most = { ...defaultFetchLimits, ...request.limits }.redirects;
  let to = first;
  let headers = request.headers ?? {};
  for (let hops = 0; hops <= most; hops++) {
    const connection = await openConnection(to, { proxy: request.proxy ?? null, resolve: request.resolve });
    const close = () => connection.destroy();
    try {
      const answer = await connection.request({
        origin: to.url.origin,
        path: to.url.pathname + to.url.search,
        method: 'GET',
        headers: {
          ...headers,
          accept: '*/*',
          'accept-encoding': 'identity',
          'user-agent': `kapso-whatsapp/${version}`,
        },
        signal: deadline.signal,
        reset: true,
      });
      deadline.heard();
      const location = redirectOf(answer);
      if (location === null) {
        checkAnswer(to.url, answer, request);
        return { url: to.url, body: answer.body, declaredType: textOf(answer.headers['content-type']), close };
      }
      await close();
      const next = destinationOf(location, request.allow, to);
      if (next.url.origin !== to.url.origin) headers = {};
      to = next;
    } catch (error) {
      await close();
      throw asFailure(error, to.url, request);
    }
  }
  throw refused(`${nameOf(first.url)} redirects more than ${most} times`);
}

/** Writes the body. Nothing of it stays when that fails. */
async function receive(body: OpenFile['body'], { into, maxBytes, kind }: MediaRequest, deadline: Deadline) {
  const file = await receiveInto(into, maxBytes);
  try {
    for await (const chunk of body) {
      deadline.heard();
      await file.write(chunk);
    }
    const { head, ...received } = await file.finish();
    const type = typeOfContent(head);
    if (kind && !mayBe(kind, type)) throw refused(`it is no ${kind}, but ${type?.mimeType}`);
    return { ...received, type };
  } catch (error) {
    await file.undo();
    throw error;
  }
}

/** Whether content of that type can be a message's `kind`. Sound and pictures share containers. */
function mayBe(kind: MediaKind, type: FileType | null): boolean {
  if (kind === 'document') return true;
  const families = kind === 'image' || kind === 'sticker' ? ['image'] : ['audio', 'video'];
  return type === null || families.includes(type.family);
}

type Answer = Dispatcher.ResponseData;

function redirectOf({ statusCode, headers }: Answer): string | null {
  return [301, 302, 303, 307, 308].includes(statusCode) ? textOf(headers.location) : null;
}

/** Throws a MediaError for an answer that is no file. */
function checkAnswer(
  url: URL,
  { statusCode: status, headers }: Answer,
  { maxBytes, clock = systemClock }: MediaRequest,
) {
  const said = `${nameOf(url)} answered HTTP ${status}`;
  if (status === 404) throw new MediaError('not-found', `there is no such file: ${said}`);
  if (status === 401 || status === 403 || status === 410) {
    throw new MediaError('expired', `the address of the file is not valid, or no longer: ${said}`);
  }
  if (status !== 200) {
    const plain = { 'retry-after': textOf(headers['retry-after']) ?? '', date: textOf(headers.date) ?? '' };
    const wait = retryAfter(plain, clock.now());
    throw new MediaError('network', `the file was not given: ${said}`, { retryAfter: wait });
  }
  const coded = [headers['content-encoding'] ?? [], headers['transfer-encoding'] ?? []].flat().join(',').toLowerCase();
  if (coded.split(',').some(name => !['', 'identity', 'chunked'].includes(name.trim()))) {
    throw refused(`${nameOf(url)} sends it compressed, which was not asked for`);
  }
  const announced = Number(textOf(headers['content-length']) ?? Number.NaN);
  if (announced > maxBytes) throw tooLarge(maxBytes, announced);
}

function textOf(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}

interface Deadline {
  signal: AbortSignal;
  /** Something arrived. */
  heard(): void;
  end(): void;
}

/** Ends a fetch that takes too long, or that the caller no longer wants. */
function watch({ signal, limits, clock = systemClock, url }: MediaRequest): Deadline {
  const { total, silence } = { ...defaultFetchLimits, ...limits };
  const stop = new AbortController();
  const host = nameOf(new URL(url));
  const abort = () => stop.abort(signal.reason);
  const tooSlow = (what: string, ms: number) => () =>
    stop.abort(new MediaError('slow', `the file was not kept: ${host} ${what} ${ms / 1000} s`));
  signal.addEventListener('abort', abort, { once: true });
  const endTotal = clock.after(total, tooSlow('did not send all of it within', total));
  const quiet = () => clock.after(silence, tooSlow('sent nothing for', silence));
  let endSilence = quiet();
  return {
    signal: stop.signal,
    heard() {
      endSilence();
      endSilence = quiet();
    },
    end() {
      signal.removeEventListener('abort', abort);
      endTotal();
      endSilence();
    },
  };
}

/** Returns a failure of the network as a MediaError. Anything else, such as a defect, stays what it is. */
function asFailure(error: unknown, url: URL, { proxy }: Pick<MediaRequest, 'proxy'>): unknown {
  const cause = error instanceof Error && isMediaError(error.cause) ? error.cause : error;
  if (isMediaError(cause) || !(error instanceof Error) || !('code' in error)) return cause;
  return new MediaError('network', `the file was not obtained from ${nameOf(url)}: ${describeNetworkFailure(error)}`, {
    hint: hintWhereUnsent('GET', error, proxy?.name),
    cause: error,
  });
}
