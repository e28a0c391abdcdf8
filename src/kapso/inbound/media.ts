import { type Media, type MediaKind, mediaKinds } from '../../domain/message.ts';
import { asId, asInteger, asLabel, asRecord, asString, asUrl, asVisible, type WireObject } from '../../narrow.ts';

/**
 * Returns the attachment of a media message, from Meta's object and Kapso's `media_data`; null for other types. Kapso's
 * copy of the file is preferred: Meta's address needs Meta's own token and expires within minutes.
 */
export function readMedia(type: string, message: WireObject, kapso: WireObject): Media | null {
  if (!isMediaKind(type)) return null;
  const meta = asRecord(message[type]) ?? {};
  const data = asRecord(kapso.media_data) ?? {};
  const extra = asRecord(kapso.message_type_data) ?? {};
  const size = asInteger(data.byte_size) ?? asInteger(meta.file_size);
  return {
    kind: type,
    id: asId(meta.id),
    mimeType: asLabel(meta.mime_type, 128) ?? asLabel(data.content_type, 128),
    filename: asLabel(meta.filename) ?? asLabel(data.filename) ?? asLabel(extra.filename),
    size: size !== null && size >= 0 ? size : null,
    url: asUrl(kapso.media_url) ?? asUrl(data.url) ?? asUrl(meta.url),
    ...(transcriptOf(type, kapso) !== null && { transcribed: true }),
  };
}

function isMediaKind(type: string): type is MediaKind {
  return mediaKinds.some(kind => kind === type);
}

/**
 * Returns the words of a voice message as Kapso has recognised them; null when it has not. Of other kinds Kapso's rendering
 * has the caption, in which a sender may write anything.
 */
export function transcriptOf(kind: MediaKind, kapso: WireObject): string | null {
  if (kind !== 'audio') return null;
  for (const value of [kapso.transcript, kapso.transcription]) {
    const text = asVisible(asRecord(value)?.text) ?? asVisible(value);
    if (text) return text;
  }
  const rendered = asString(kapso.content);
  return asVisible(rendered && /(?:^|\n)Transcript: ([\s\S]+)$/.exec(rendered)?.[1]);
}
