/** Looks at a file before it is sent: its type by content, and Meta's limits (WhatsApp Cloud API, "Media"; B38). */
import type { FileHandle } from 'node:fs/promises';
import type { OutgoingFile } from '../domain/content.ts';
import { KapsoWhatsappError } from '../errors.ts';
import { escapeControls } from '../printable.ts';
import { oleDocument } from './containers.ts';
import { type FileType, headLength, typeOfContent } from './file-type.ts';
import { isoTracks, type Track } from './iso-tracks.ts';
import { type Bounds, openWithin } from './open-within.ts';
import { declaredType, largestOf, type SentAs, taken, uploadName } from './outgoing-kinds.ts';

const anywhere: Bounds = { within: null, except: [] };

/**
 * Returns a file as it is to be uploaded. Nothing of it is changed: what Meta would refuse is refused here, with what to
 * do about it. `bounds` says from where files may be sent; absent means from anywhere.
 *
 * @throws KapsoWhatsappError `SEND_FILE_REFUSED` for its place, type or size; `SEND_FILE_UNREADABLE`
 */
export async function inspectFile(path: string, as: SentAs, bounds: Bounds = anywhere): Promise<OutgoingFile> {
  const opened = await openWithin(path, bounds);
  const { handle, name, size, inode } = opened;
  try {
    const called = `the file "${escapeControls(name)}"`;
    if (size === 0) throw refusal(`${called} is empty`, 'Meta takes no empty file');
    const type = await typeOf(handle, size);
    const tracks = type?.mimeType.match(/^(?:video|audio)\/(?:mp4|3gpp)$/) ? await isoTracks(handle, size) : null;
    const exact = type === null ? null : withTracks(type, tracks);
    const mimeType = exact === null ? null : declaredType(exact, as);
    if (exact === null || mimeType === null) throw wrongType(called, exact, as);
    checkSound(called, exact, as);
    if (tracks !== null && as !== 'document') checkTracks(called, tracks, as);
    checkSize(called, size, exact, as);
    return { path: opened.path, mimeType, name: uploadName(name, exact, as), size, inode };
  } finally {
    await handle.close();
  }
}

async function typeOf(handle: FileHandle, size: number): Promise<FileType | null> {
  const head = await readAt(handle, 0, headLength);
  const type = typeOfContent(head);
  if (type?.mimeType !== 'application/x-ole-storage' || head.length < 512) return type;
  // The names of an older Office document's parts are in a sector of its own (Microsoft, "Compound File Binary").
  const sector = head.readUInt32LE(48);
  const directory = (sector + 1) * 2 ** head.readUInt16LE(30);
  if (directory >= size) return type;
  return oleDocument(Buffer.concat([head, await readAt(handle, directory, 4096)]));
}

async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

/** An MP4 without pictures is sound, wherever its index is. */
function withTracks(type: FileType, tracks: readonly Track[] | null): FileType {
  if (type.mimeType !== 'video/mp4' || !tracks?.some(({ kind }) => kind === 'audio')) return type;
  if (tracks.some(({ kind }) => kind === 'video')) return type;
  return { ...type, mimeType: 'audio/mp4', extension: 'm4a', family: 'audio' };
}

function checkSound(called: string, { mimeType, channels }: FileType, as: SentAs): void {
  if (mimeType !== 'audio/ogg' || as === 'document' || channels === undefined || channels === 1) return;
  throw refusal(`${called} has ${channels} channels of sound, and Meta takes Ogg with Opus in mono only`, toVoice);
}

function checkTracks(called: string, tracks: readonly Track[], as: SentAs): void {
  const sound = tracks.filter(({ kind }) => kind === 'audio');
  const other = tracks.find(
    ({ kind, codec }) =>
      (kind === 'video' && codec !== 'avc1' && codec !== 'avc3') || (kind === 'audio' && codec !== 'mp4a'),
  );
  if (other !== undefined) {
    const coding = escapeControls(other.codec ?? 'a coding that is not said').trim();
    throw refusal(
      `${called} has ${other.kind} coded as ${coding}, and Meta takes ${taken[as]}`,
      as === 'video' ? toVideo : toVoice,
    );
  }
  if (sound.length > 1) {
    throw refusal(`${called} has ${sound.length} tracks of sound, and Meta takes one`, 'Keep one of them');
  }
}

function checkSize(called: string, size: number, type: FileType, as: SentAs): void {
  const limit = largestOf(type, as);
  if (size <= limit) return;
  const moving = as === 'sticker' && type.animated;
  const kind = moving ? 'a sticker that moves' : as === 'document' ? `a document of this type` : kindCalled[as];
  const hints: Readonly<Record<SentAs, string>> = {
    image: 'Make it smaller: it is not changed here',
    video: 'Make it shorter or smaller',
    audio: 'Make it shorter',
    voice: 'Make it shorter',
    document: 'Put it where the customer can fetch it, and send the address as a text',
    sticker: 'Make it smaller',
  };
  throw refusal(`${called} has ${inWords(size)}, and Meta takes ${inWords(limit)} of ${kind}`, hints[as]);
}

const toVoice = 'Convert it: ffmpeg -i FILE -vn -ac 1 -c:a libopus voice.ogg';
const toVideo = 'Convert it: ffmpeg -i FILE -c:v libx264 -pix_fmt yuv420p -c:a aac video.mp4';
const kindCalled: Readonly<Record<SentAs, string>> = {
  image: 'an image',
  video: 'a video',
  audio: 'an audio file',
  voice: 'a voice message',
  document: 'a document',
  sticker: 'a sticker',
};

function wrongType(called: string, type: FileType | null, as: SentAs): KapsoWhatsappError {
  const is = type === null ? 'has no content that is known' : `is ${typeCalled(type)} by its content`;
  const hints: Readonly<Record<SentAs, string>> = {
    image: 'Convert it to JPEG or PNG',
    video: toVideo,
    audio: toVoice,
    voice: toVoice,
    document: 'Put it where the customer can fetch it, and send the address as a text',
    sticker: 'Convert it to WebP, 512 by 512 pixels',
  };
  const other = type === null ? null : sentOtherwise(type, as);
  const hint = other === null ? hints[as] : `Send it as ${kindCalled[other]}, or convert it`;
  return refusal(`${called} ${is}, and Meta takes ${taken[as]} as ${kindCalled[as]}`, hint);
}

/** The kind as which the file could be sent as it is. */
function sentOtherwise(type: FileType, as: SentAs): SentAs | null {
  const kinds = ['image', 'video', 'audio', 'sticker', 'document'] as const;
  return kinds.find(kind => kind !== as && declaredType(type, kind) !== null) ?? null;
}

function typeCalled({ mimeType, codec }: FileType): string {
  return codec === undefined ? mimeType : `${mimeType} with ${codec}`;
}

function inWords(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.ceil(bytes / 1024)} KB`;
  return `${Number((Math.ceil((bytes / 1024 / 1024) * 10) / 10).toFixed(1))} MB`;
}

function refusal(what: string, hint: string): KapsoWhatsappError {
  return new KapsoWhatsappError('SEND_FILE_REFUSED', what, { hint });
}
