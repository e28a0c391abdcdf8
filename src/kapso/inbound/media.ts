import { type Media, type MediaKind, mediaKinds } from '../../domain/message.ts';
import { asId, asInteger, asLabel, asRecord, asUrl, type WireObject } from '../../narrow.ts';

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
  };
}

function isMediaKind(type: string): type is MediaKind {
  return mediaKinds.some(kind => kind === type);
}

/** Formats bytes as `512 B`, `180 KB`, `2.4 MB`: powers of 1024, at most one decimal. */
export function humanSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let size = bytes / 1024;
  let unit = 0;
  while (size >= 1023.5 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size < 10 ? Number(size.toFixed(1)) : Math.round(size)} ${units[unit]}`;
}
