import { asNumber, asObject, asText, isObject, type JsonObject } from './json.ts';
import type { MediaApi } from './kapso-media.ts';
import type { MediaFile, MediaStore } from './kapso-media-store.ts';
import { sampleOf } from './sample-media.ts';

export interface MediaKeeping {
  store: MediaStore;
  media: Pick<MediaApi, 'mirrorUrl'>;
  /** Milliseconds since the epoch. */
  now: number;
}

/** The type of each kind of message where none is given, and how Kapso names the file. */
const kinds: Readonly<Record<string, { mimeType: string; label: string }>> = {
  image: { mimeType: 'image/jpeg', label: 'Image' },
  video: { mimeType: 'video/mp4', label: 'Video' },
  audio: { mimeType: 'audio/ogg; codecs=opus', label: 'Audio' },
  document: { mimeType: 'application/pdf', label: 'Document' },
  sticker: { mimeType: 'image/webp', label: 'Sticker' },
};

/**
 * Stores the files of a control request and returns it with Meta's objects in the place of each `media`:
 *
 * `{type: 'image'|'video'|'audio'|'document'|'sticker', base64? | size? (bytes, made up; default 1024), mimeType?, declared?,
 * filename?, caption?, voice?, animated?, transcript?, readyAfter? (ms), idOnly?}`
 *
 * - `mimeType` is the type that is made up and declared; `declared` another one that the sender's phone names.
 * - For `readyAfter` milliseconds Kapso has the message without its file. With `idOnly` its block never has an address.
 *
 * `count` repeats the message, each with an id of its own for the same bytes. Throws a RangeError that says what is wrong.
 */
export async function keepMedia(value: unknown, keeping: MediaKeeping): Promise<unknown> {
  const input = asObject(value);
  if (Array.isArray(input.messages)) {
    const messages: unknown[] = [];
    for (const message of input.messages) messages.push(await keepMedia(message, keeping));
    return { ...input, messages };
  }
  if (input.media === undefined) return value;
  const { media: described, count: repeated, ...rest } = input;
  if (!isObject(described)) throw new RangeError('media must be an object');
  const count = asNumber(repeated, 1);
  if (!Number.isInteger(count) || count < 1) throw new RangeError('count must be a whole number of at least 1');
  const kind = kinds[String(described.type)];
  if (!kind) throw new RangeError(`the type of a media must be one of ${Object.keys(kinds).join(', ')}`);

  const mimeType = asText(described.mimeType) ?? kind.mimeType;
  const incoming = await keeping.store.begin();
  await incoming.write(bytesOf(described, mimeType));
  const about = {
    mimeType: asText(described.declared) ?? mimeType,
    name: nameOf(described, mimeType),
    origin: 'inbound' as const,
    readyAt: keeping.now + asNumber(described.readyAfter, 0),
  };
  const first = await incoming.keep(about);
  const messages = [{ ...rest, ...messageOf(first, described, kind.label, keeping) }];
  while (messages.length < count) {
    const again = await keeping.store.keepAgain(first);
    messages.push({ ...rest, ...messageOf(again, described, kind.label, keeping) });
  }
  return { messages };
}

function bytesOf({ base64, size }: JsonObject, mimeType: string): Buffer {
  if (base64 === undefined) return sampleOf(mimeType, asNumber(size, 1024));
  if (typeof base64 !== 'string') throw new RangeError('base64 must be a string');
  return Buffer.from(base64, 'base64');
}

function nameOf({ filename, voice }: JsonObject, mimeType: string): string {
  const ending = mimeType.split(';')[0]?.split('/')[1] ?? 'bin';
  return asText(filename) ?? `${voice === true ? 'voice' : 'file'}.${ending}`;
}

/** A message with Meta's object and Kapso's rendering of it, as in Kapso's samples. */
function messageOf(file: MediaFile, described: JsonObject, label: string, { media }: MediaKeeping): JsonObject {
  const type = String(described.type);
  const caption = asText(described.caption);
  const transcript = asText(described.transcript);
  const url = media.mirrorUrl(file);
  const named = type === 'document' ? { filename: file.name } : {};
  const size = `[Size: ${Math.ceil(file.size / 1024)} KB | Type: ${file.mimeType}]`;
  const withUrl = `${label} attached (${file.name}) ${size} URL: ${url}`;
  const shown = [caption, described.idOnly === true ? `${label} attached` : withUrl].filter(Boolean).join(' ');
  return {
    message: {
      type,
      [type]: {
        id: file.id,
        mime_type: file.mimeType,
        sha256: file.sha256,
        ...(caption === null ? {} : { caption }),
        ...named,
        ...(type === 'audio' ? { voice: described.voice === true } : {}),
        ...(type === 'sticker' ? { animated: described.animated === true } : {}),
      },
    },
    content: transcript === null ? shown : `${shown}\nTranscript: ${transcript}`,
    mediaReadyAt: file.readyAt,
    kapso: {
      has_media: true,
      ...(described.idOnly === true
        ? {}
        : {
            media_url: url,
            media_data: { url, filename: file.name, content_type: file.mimeType, byte_size: file.size },
          }),
      ...(caption === null && type !== 'document' ? {} : { message_type_data: { caption, ...named } }),
      ...(transcript === null ? {} : { transcript: { text: transcript } }),
    },
  };
}

/** The row as Kapso shows it while it does not have the file yet: without the addresses, and what comes from the bytes. */
export function withoutFile(row: JsonObject): JsonObject {
  const { media_url: _url, media_data: _data, transcript: _text, content, ...kapso } = asObject(row.kapso);
  const label = kinds[String(row.type)]?.label;
  return { ...row, kapso: { ...kapso, content: label === undefined ? content : `${label} attached` } };
}
