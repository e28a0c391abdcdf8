import { basename } from 'node:path';
import type { MediaContent, MediaSource } from '../domain/content.ts';
import { assertLength } from '../domain/outgoing/invalid.ts';
import type { HeaderValue } from '../domain/outgoing/template-values.ts';
import { UsageError } from '../errors.ts';
import { inspectFile } from '../media/inspect.ts';
import type { Bounds } from '../media/open-within.ts';
import type { SentAs } from '../media/outgoing-kinds.ts';
import { blankControls, escapeControls } from '../printable.ts';
import type { SendValues } from './send-options.ts';

/** What a medium is made of. */
export interface MediaGiven {
  values: SendValues;
  /** The words of --caption; null without one. */
  caption: string | null;
  /** From where files may be sent. */
  bounds: () => Promise<Bounds>;
}

/** UTF-16 units (Kapso API reference, section 6). */
const longestCaption = 1024;
const longestName = 240;

/** Reads a media message. Throws for what WhatsApp would not take, before anything is uploaded. */
export async function mediaMessage(as: SentAs, { values, caption, bounds }: MediaGiven): Promise<MediaContent> {
  if (caption !== null) assertLength('the caption', caption, longestCaption);
  const given = values.filename === undefined ? undefined : readName(values.filename);
  const { source, name } = await sourceOf(as, values[as] ?? '', bounds);
  const filename = given ?? name;
  return {
    kind: 'media',
    media: as === 'voice' ? 'audio' : as,
    source,
    ...(caption !== null && { caption }),
    ...(as === 'document' && filename !== null && { filename }),
    ...(as === 'voice' && { voice: true as const }),
  };
}

/** Reads the medium in the header of a template; null without one. */
export async function headerMedia(given: MediaGiven): Promise<HeaderValue | null> {
  const kind = (['image', 'video', 'document'] as const).find(one => given.values[one] !== undefined);
  if (kind === undefined) return null;
  const { source, filename } = await mediaMessage(kind, { ...given, caption: null });
  return kind === 'document' ? { kind, media: { ...source, ...(filename && { filename }) } } : { kind, media: source };
}

/** A path, or an address from which WhatsApp itself fetches the file. `name` is what a document is called. */
async function sourceOf(
  as: SentAs,
  given: string,
  bounds: () => Promise<Bounds>,
): Promise<{ source: MediaSource; name: string | null }> {
  if (given.trim() === '')
    throw new UsageError(`--${as} is empty`, { hint: 'Give the path of a file, or its address' });
  if (!/^[a-z][a-z0-9+.-]+:/i.test(given)) {
    const file = await inspectFile(given, as, await bounds());
    return { source: { file }, name: file.name };
  }
  const url = readAddress(as, given);
  return { source: { link: url.href }, name: nameIn(url) };
}

/** Reads the address of a file. WhatsApp fetches it: this program never does. */
function readAddress(as: SentAs, given: string): URL {
  const shown = escapeControls(given.slice(0, 100));
  const url = URL.parse(given);
  const refused = (why: string, hint: string) => new UsageError(`--${as} "${shown}" ${why}`, { hint });
  if (url === null || /[\s\p{Cc}]/u.test(given)) throw refused('is no address', 'Give it as https://example.org/file');
  if (url.protocol !== 'https:') {
    const own = url.protocol === 'file:' || url.protocol === 'data:';
    throw refused(
      `begins with ${url.protocol}`,
      own ? 'Give the path of a file, without a scheme' : 'WhatsApp fetches files from https:// addresses only',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw refused('has a user name or password in it', 'WhatsApp fetches a file without them; give its path instead');
  }
  if (!url.hostname.includes('.') || url.hostname.endsWith('.local') || /^[\d.]+$|^\[/.test(url.hostname)) {
    throw refused('names no public host', 'WhatsApp fetches it from the internet; give the path of the file instead');
  }
  if (url.href.length > 2048) throw refused(`has ${url.href.length} characters`, 'Give the path of the file instead');
  return url;
}

/** The name of the file in an address, where it looks like one. */
function nameIn({ pathname }: URL): string | null {
  let name = basename(pathname);
  try {
    name = decodeURIComponent(name);
  } catch {
    // It is written in another way, and is shown so.
  }
  return /^[^/\\\p{Cc}]{1,200}\.\w{1,8}$/u.test(name) ? name : null;
}

function readName(given: string): string {
  const name = blankControls(given).trim();
  if (name === '') throw new UsageError('--filename is empty', { hint: 'Leave it out to send the name of the file' });
  if (/[/\\]/.test(name)) {
    throw new UsageError('--filename has directories in it', { hint: `Give the name alone: ${basename(name)}` });
  }
  assertLength('the name of --filename', name, longestName);
  return name;
}
