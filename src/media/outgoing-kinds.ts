/** What Meta takes as each kind of media message, and how large (WhatsApp Cloud API, "Media"; field report B38). */
import type { FileType } from './file-kind.ts';

/** How a file is sent. `voice` is an audio message that plays as a voice note. */
export type SentAs = 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker';

const megabyte = 1024 * 1024;
const largest = { image: 5 * megabyte, video: 16 * megabyte, audio: 16 * megabyte, document: 100 * megabyte } as const;

/**
 * How many bytes Meta takes. The limit of a type holds at the upload, where nothing says yet as what the file is sent: so a
 * larger image is no document either.
 */
export function largestOf({ family, mimeType, animated }: FileType, as: SentAs): number {
  if (as === 'sticker' && !animated) return 100 * 1024;
  if (mimeType === 'image/webp') return 500 * 1024;
  return family === 'image' || family === 'video' || family === 'audio' ? largest[family] : largest.document;
}

/** What each kind takes, in words for people. */
export const taken: Readonly<Record<SentAs, string>> = {
  image: 'JPEG and PNG',
  video: 'MP4 and 3GP with H.264 and AAC',
  audio: 'AAC, AMR, MP3, M4A, and Ogg with Opus in mono',
  voice: 'Ogg with Opus in mono',
  document: 'PDF, Word, Excel, PowerPoint, text, and the images, audio and video that it takes as such',
  sticker: 'WebP',
};

const audio = ['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg'];
const video = ['video/mp4', 'video/3gpp'];
const openXml = 'application/vnd.openxmlformats-officedocument';
const office = [
  ...['application/pdf', 'application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint'],
  ...[
    `${openXml}.wordprocessingml.document`,
    `${openXml}.spreadsheetml.sheet`,
    `${openXml}.presentationml.presentation`,
  ],
];

const types: Readonly<Record<SentAs, readonly string[]>> = {
  image: ['image/jpeg', 'image/png'],
  video,
  audio,
  voice: ['audio/ogg'],
  document: [...office, 'text/plain', 'image/jpeg', 'image/png', 'image/webp', ...audio, ...video],
  sticker: ['image/webp'],
};

/**
 * The type to declare at the upload, of those that Meta lists there (error 100, "Param file must be a file with one of the
 * following types"). Null when the kind does not take the file. Text of any form is plain text: `text/csv` is refused.
 * Opus is declared with its codec, since `audio/ogg` alone and `audio/opus` are refused later.
 */
export function declaredType(type: FileType, as: SentAs): string | null {
  const mimeType = type.family === 'text' ? 'text/plain' : type.mimeType;
  if (!types[as].includes(mimeType)) return null;
  if (mimeType !== 'audio/ogg') return mimeType;
  return type.codec === 'opus' ? 'audio/ogg; codecs=opus' : null;
}

/** Endings of names that agree with a type besides its usual one. */
const otherEndings: Readonly<Record<string, readonly string[]>> = {
  jpg: ['jpeg', 'jpe', 'jfif'],
  ogg: ['oga', 'opus'],
  mp4: ['m4v'],
  docx: ['docm', 'dotx'],
  xlsx: ['xlsm', 'xltx'],
  pptx: ['pptm', 'potx', 'ppsx'],
};
const formatEndings: ReadonlySet<string> = new Set([
  ...['jpg', 'png', 'webp', 'gif', 'ogg', 'mp4', 'm4a', 'mp3', 'aac', 'amr', '3gp', 'webm', 'mov', 'wav'],
  ...['pdf', 'doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'zip'],
  ...Object.values(otherEndings).flat(),
]);

/** UTF-16 units. A file system takes no longer name, and a phone saves the document in one. */
const longestName = 240;

/**
 * The name of an upload. Only of a document does the customer see it: it is the file's own, with an ending that agrees with
 * the content. Any other has a general name, which tells nothing of this machine.
 */
export function uploadName(name: string, { extension, family }: FileType, as: SentAs): string {
  if (as !== 'document') return `${as}.${extension}`;
  const plain = name.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]+/gu, ' ').trim();
  const [, stem = plain, ending = ''] = /^(.+)\.(\w+)$/su.exec(plain) ?? [];
  const lower = ending.toLowerCase();
  const known = lower === 'txt' || formatEndings.has(lower);
  const agrees = endingsOf(extension).includes(lower) || (family === 'text' && lower !== '' && !known);
  const given = agrees || known ? stem : plain;
  const end = agrees ? ending : extension;
  return `${given.trim().slice(0, longestName).toWellFormed() || 'document'}.${end}`;
}

function endingsOf(extension: string): readonly string[] {
  return [extension, ...(otherEndings[extension] ?? [])];
}
