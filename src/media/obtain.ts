import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { HttpProxy } from '../config/proxy.ts';
import type { Media } from '../domain/message.ts';
import { createSlots } from '../slots.ts';
import { asMediaError, MediaError, mayPass } from './errors.ts';
import { type FetchedMedia, type FetchLimits, fetchMedia, type MediaRequest } from './fetch.ts';
import { tooLarge } from './incoming-file.ts';

/** What Kapso says of a file by its id, as far as it is needed here (Kapso API, "Get media URL"). */
export interface WhereMediaIs {
  /** Bytes; null where it does not say. */
  size: number | null;
  /** Kapso's address, for some minutes. */
  downloadUrl: string | null;
  /** Meta's address, for some minutes. It may want Meta's own token. */
  url: string | null;
}

export interface MediaSourceOptions {
  /** Asks Kapso for a file's addresses. */
  mediaInfo(id: string, signal: AbortSignal): Promise<WhereMediaIs>;
  /** The configured origin of Kapso's API. */
  baseUrl: string;
  apiKey: string;
  proxy: HttpProxy | null;
  clock: Clock;
  limits?: Partial<FetchLimits>;
  resolve?: MediaRequest['resolve'];
  /** Files that are fetched at the same time. The default is 4. */
  atOnce?: number;
}

export interface MediaSource {
  /**
   * Obtains a file that a customer has sent: from the address that Kapso names for its id, else from Kapso's copy that
   * the message names, else from Meta. `kind` refuses what cannot be one, such as the page of a proxy in the place of an
   * image.
   *
   * Throws a MediaError, or the reason of the signal. With `mayPass` the file may come later: new addresses are then
   * asked for.
   */
  obtain(
    media: Pick<Media, 'id' | 'url'> & { kind?: Media['kind'] },
    to: { into: string | FileHandle; maxBytes: number; signal: AbortSignal },
  ): Promise<FetchedMedia>;
}

/** Kapso's API, which gets the key wherever the base URL points. */
const kapsoApi = 'https://api.kapso.ai';
/**
 * Where Kapso and Meta keep files (Kapso's SDK, `media.ts`; Meta, "Media"). They may redirect to the object storage of
 * any provider.
 */
const hosts = ['*.kapso.ai', 'lookaside.fbsbx.com', '*.whatsapp.net', '*.cdnwhatsapp.net', '*.fbcdn.net'];

interface Source {
  url: string;
  /** Whether Kapso itself has named the address just now, so that it may get the key. */
  vouched: boolean;
}

export function createMediaSource(options: MediaSourceOptions): MediaSource {
  const { baseUrl, apiKey, proxy, clock, limits, resolve } = options;
  const inSlot = createSlots(() => options.atOnce ?? 4);
  const origin = new URL(baseUrl).origin;
  const apis = [origin, kapsoApi];

  /**
   * The key goes to Kapso's API, and only with an address that Kapso's API has named: an address that came with a message
   * could be one of the API that lists other customers' messages.
   */
  const headersFor = ({ url, vouched }: Source) =>
    vouched && apis.includes(URL.parse(url)?.origin ?? '') ? { 'x-api-key': apiKey } : {};

  return {
    obtain: (media, { into, maxBytes, signal }) =>
      inSlot(signal, async () => {
        const failures: MediaError[] = [];
        const attempt = async (source: Source): Promise<FetchedMedia | null> => {
          try {
            return await fetchMedia({
              ...{ url: source.url, headers: headersFor(source), into, maxBytes, signal, proxy, clock },
              allow: { origin, hosts, redirects: 'public' },
              ...(media.kind && { kind: media.kind }),
              ...(limits && { limits }),
              ...(resolve && { resolve }),
            });
          } catch (error) {
            failures.push(asFailure(error, signal));
            return null;
          }
        };
        let where: WhereMediaIs | null = null;
        if (media.id !== null) {
          try {
            where = await options.mediaInfo(media.id, signal);
          } catch (error) {
            failures.push(asFailure(error, signal));
          }
        }
        if (where?.size && where.size > maxBytes) throw tooLarge(maxBytes, where.size);
        for (const source of sourcesOf(media, where)) {
          const found = await attempt(source);
          if (found) return found;
        }
        throw failures.find(mayPass) ?? failures[0] ?? new MediaError('not-found', 'the file has no address yet');
      }),
  };
}

function sourcesOf(media: Pick<Media, 'url'>, where: WhereMediaIs | null): Source[] {
  const named = [
    { url: where?.downloadUrl, vouched: true },
    { url: media.url, vouched: false },
    { url: where?.url, vouched: true },
  ];
  const sources: Source[] = [];
  for (const { url, vouched } of named) {
    if (url && !sources.some(other => other.url === url)) sources.push({ url, vouched });
  }
  return sources;
}

/**
 * Returns what a failure means for the file. Rethrows what no other address would change: the caller's stop, a file
 * that is too large, a disk that is full, a defect.
 */
function asFailure(error: unknown, signal: AbortSignal): MediaError {
  signal.throwIfAborted();
  const failure = asMediaError(error);
  if (failure === null || failure.kind === 'too-large' || failure.kind === 'disk') throw error;
  return failure;
}
