/** Files whose first bytes only name a container: what is in it decides. Each function returns null for another file. */
import type { FileType } from './file-kind.ts';
import { hasAt } from './magic-numbers.ts';

/** PNG. An animated one has an `acTL` chunk before its pixels (PNG, third edition). */
export function png(bytes: Buffer): FileType | null {
  if (!hasAt(bytes, '\x89PNG\r\n\x1a\n', 0)) return null;
  const control = bytes.indexOf('acTL');
  const pixels = bytes.indexOf('IDAT');
  const animated = control > 0 && (pixels < 0 || control < pixels);
  return { mimeType: 'image/png', extension: 'png', family: 'image', ...(animated && { animated }) };
}

/** RIFF: WebP, WAVE and AVI. An animated WebP has the second bit of its `VP8X` chunk. */
export function riff(bytes: Buffer): FileType | null {
  if (!hasAt(bytes, 'RIFF', 0)) return null;
  if (hasAt(bytes, 'WEBP', 8)) {
    const animated = hasAt(bytes, 'VP8X', 12) && ((bytes[20] ?? 0) & 2) !== 0;
    return { mimeType: 'image/webp', extension: 'webp', family: 'image', ...(animated && { animated }) };
  }
  if (hasAt(bytes, 'WAVE', 8)) {
    const channels = hasAt(bytes, 'fmt ', 12) && bytes.length > 23 ? { channels: bytes.readUInt16LE(22) } : {};
    return { mimeType: 'audio/wav', extension: 'wav', family: 'audio', ...channels };
  }
  if (hasAt(bytes, 'AVI ', 8)) return { mimeType: 'video/x-msvideo', extension: 'avi', family: 'video' };
  return null;
}

/** Codecs by the first packet of an Ogg stream, and where it has the number of channels (RFC 5334, 7845). */
const oggCodecs = [
  { magic: 'OpusHead', codec: 'opus', channels: 9 },
  { magic: '\x01vorbis', codec: 'vorbis', channels: 11 },
  { magic: 'Speex   ', codec: 'speex', channels: 48 },
  { magic: '\x7fFLAC', codec: 'flac', channels: null },
  { magic: '\x80theora', codec: 'theora', channels: null },
] as const;

/** Ogg. The first page of each stream is at the beginning of the file, and holds one packet. */
export function ogg(bytes: Buffer): FileType | null {
  if (!hasAt(bytes, 'OggS\0', 0)) return null;
  const first = 27 + (bytes[26] ?? 0);
  const found = oggCodecs.find(({ magic }) => hasAt(bytes, magic, first));
  const moves =
    found?.codec === 'theora' || hasAt(bytes, 'fishead', first) || bytes.includes('\x80theora', 0, 'latin1');
  const codec = found ? { codec: found.codec } : {};
  if (moves) return { mimeType: 'video/ogg', extension: 'ogv', family: 'video', ...codec };
  const channels = found && found.channels !== null ? bytes[first + found.channels] : undefined;
  return {
    mimeType: 'audio/ogg',
    extension: 'ogg',
    family: 'audio',
    ...codec,
    ...(channels !== undefined && { channels }),
  };
}

/** Major brands of ISO base media files that are neither plain MP4 nor video by default (MP4 registration authority). */
const brands: readonly (readonly [RegExp, FileType])[] = [
  [/^(?:heic|heix|heim|heis|hevc|hevx|mif1|msf1)$/, { mimeType: 'image/heic', extension: 'heic', family: 'image' }],
  [/^(?:avif|avis)$/, { mimeType: 'image/avif', extension: 'avif', family: 'image' }],
  [/^M4[AB] $/, { mimeType: 'audio/mp4', extension: 'm4a', family: 'audio' }],
  [/^3g2/, { mimeType: 'video/3gpp2', extension: '3g2', family: 'video' }],
  [/^3g/, { mimeType: 'video/3gpp', extension: '3gp', family: 'video' }],
  [/^qt {2}$/, { mimeType: 'video/quicktime', extension: 'mov', family: 'video' }],
];
const isoCodecs: readonly (readonly [string, string])[] = [
  ['avc1', 'h264'],
  ['avc3', 'h264'],
  ['hvc1', 'hevc'],
  ['hev1', 'hevc'],
  ['av01', 'av1'],
  ['vp09', 'vp9'],
  ['mp4a', 'aac'],
  ['samr', 'amr'],
  ['Opus', 'opus'],
];

/**
 * MP4 and its relatives. Whether a plain MP4 has pictures is known where its index is at the beginning; else it counts
 * as video.
 */
export function isoMedia(bytes: Buffer): FileType | null {
  if (!hasAt(bytes, 'ftyp', 4)) return null;
  const brand = bytes.toString('latin1', 8, 12);
  const type = brands.find(([pattern]) => pattern.test(brand))?.[1];
  if (type?.family === 'image') return type;
  const coded = isoCodecs.find(([box]) => bytes.includes(box, 12, 'latin1'));
  const codec = coded ? { codec: coded[1] } : {};
  if (type?.family === 'audio') return { ...type, ...codec };
  const soundOnly = handles(bytes, 'soun') && !handles(bytes, 'vide') && hasWholeIndex(bytes);
  if (type)
    return {
      ...type,
      ...(soundOnly && { mimeType: type.mimeType.replace('video', 'audio'), family: 'audio' }),
      ...codec,
    };
  return soundOnly
    ? { mimeType: 'audio/mp4', extension: 'm4a', family: 'audio', ...codec }
    : { mimeType: 'video/mp4', extension: 'mp4', family: 'video', ...codec };
}

/** Whether a track of that kind is declared: a `hdlr` box has the kind behind two numbers of four bytes. */
function handles(bytes: Buffer, kind: string): boolean {
  for (let at = bytes.indexOf('hdlr'); at >= 0; at = bytes.indexOf('hdlr', at + 4)) {
    if (hasAt(bytes, kind, at + 12)) return true;
  }
  return false;
}

/** Whether the index (`moov`) ends within the bytes, so that all tracks are known. */
function hasWholeIndex(bytes: Buffer): boolean {
  const at = bytes.indexOf('moov');
  return at >= 4 && at - 4 + bytes.readUInt32BE(at - 4) <= bytes.length;
}

const matroskaCodecs = ['V_VP8', 'V_VP9', 'V_AV1', 'V_MPEG4', 'V_MPEGH', 'A_OPUS', 'A_VORBIS', 'A_AAC', 'A_FLAC'];

/** WebM and Matroska. Without a codec of pictures among its tracks it is sound. */
export function matroska(bytes: Buffer): FileType | null {
  if (!hasAt(bytes, '\x1a\x45\xdf\xa3', 0)) return null;
  const isWebm = bytes.subarray(0, 64).includes('webm');
  const found = matroskaCodecs.find(codec => bytes.includes(codec, 0, 'latin1'));
  const family = found?.startsWith('A_') ? 'audio' : 'video';
  const codec = found ? { codec: found.slice(2).toLowerCase() } : {};
  return isWebm
    ? { mimeType: `${family}/webm`, extension: 'webm', family, ...codec }
    : { mimeType: `${family}/x-matroska`, extension: family === 'audio' ? 'mka' : 'mkv', family, ...codec };
}

const openXml = 'application/vnd.openxmlformats-officedocument';
/** Kinds of ZIP by the name of an entry. */
const zipEntries: readonly (readonly [RegExp, FileType])[] = [
  [/^word\//, { mimeType: `${openXml}.wordprocessingml.document`, extension: 'docx', family: 'document' }],
  [/^xl\//, { mimeType: `${openXml}.spreadsheetml.sheet`, extension: 'xlsx', family: 'document' }],
  [/^ppt\//, { mimeType: `${openXml}.presentationml.presentation`, extension: 'pptx', family: 'document' }],
  [
    /^AndroidManifest\.xml$/,
    { mimeType: 'application/vnd.android.package-archive', extension: 'apk', family: 'other' },
  ],
  [/^META-INF\/MANIFEST\.MF$/, { mimeType: 'application/java-archive', extension: 'jar', family: 'other' }],
];
/** What the first entry, `mimetype`, says (OpenDocument 1.3, part 2; EPUB 3.3). */
const zipDeclared: ReadonlyMap<string, string> = new Map([
  ['application/vnd.oasis.opendocument.text', 'odt'],
  ['application/vnd.oasis.opendocument.spreadsheet', 'ods'],
  ['application/vnd.oasis.opendocument.presentation', 'odp'],
  ['application/epub+zip', 'epub'],
]);

/** ZIP, and office documents, which are ZIPs of a certain form. Nothing is decompressed. */
export function zip(bytes: Buffer): FileType | null {
  if (!hasAt(bytes, 'PK\x03\x04', 0) && !hasAt(bytes, 'PK\x05\x06', 0)) return null;
  const header = Buffer.from('PK\x03\x04', 'latin1');
  for (let at = bytes.indexOf(header); at >= 0 && at + 30 <= bytes.length; at = bytes.indexOf(header, at + 4)) {
    const nameEnd = at + 30 + bytes.readUInt16LE(at + 26);
    const name = bytes.toString('latin1', at + 30, nameEnd);
    if (at === 0 && name === 'mimetype') {
      const content = bytes.toString('latin1', nameEnd + bytes.readUInt16LE(28), nameEnd + 100);
      for (const [mimeType, extension] of zipDeclared) {
        if (content.startsWith(mimeType)) return { mimeType, extension, family: 'document' };
      }
    }
    const kind = zipEntries.find(([pattern]) => pattern.test(name));
    if (kind) return kind[1];
  }
  return { mimeType: 'application/zip', extension: 'zip', family: 'other' };
}

/** Microsoft's older documents, by the names of their streams (UTF-16), where the directory is in the beginning. */
export function oleDocument(bytes: Buffer): FileType | null {
  if (!hasAt(bytes, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 0)) return null;
  const has = (stream: string) => bytes.includes(stream, 0, 'utf16le');
  if (has('WordDocument')) return { mimeType: 'application/msword', extension: 'doc', family: 'document' };
  if (has('Workbook')) return { mimeType: 'application/vnd.ms-excel', extension: 'xls', family: 'document' };
  if (has('PowerPoint Document'))
    return { mimeType: 'application/vnd.ms-powerpoint', extension: 'ppt', family: 'document' };
  return { mimeType: 'application/x-ole-storage', extension: 'ole', family: 'document' };
}

/**
 * MP3 and AAC, which are frames that begin with eleven or twelve set bits; an `ID3` tag may come first. A layer of zero
 * is AAC.
 */
export function mpegAudio(bytes: Buffer): FileType | null {
  const mp3: FileType = { mimeType: 'audio/mpeg', extension: 'mp3', family: 'audio', codec: 'mp3' };
  if (hasAt(bytes, 'ID3', 0)) return mp3;
  const [first = 0, second = 0, third = 0] = bytes;
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return null;
  if ((second & 0xf6) === 0xf0) return { mimeType: 'audio/aac', extension: 'aac', family: 'audio', codec: 'aac' };
  const valid = (second & 0x18) !== 0x08 && (second & 0x06) !== 0 && (third & 0xf0) !== 0xf0 && (third & 0x0c) !== 0x0c;
  return valid ? mp3 : null;
}
