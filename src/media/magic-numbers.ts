import type { FileType } from './file-kind.ts';

type Row = readonly [magic: string, at: number, mimeType: string, extension: string, family: FileType['family']];

/** Files that their first bytes tell. The magic is Latin-1. */
const rows: readonly Row[] = [
  ['\xff\xd8\xff', 0, 'image/jpeg', 'jpg', 'image'],
  ['GIF87a', 0, 'image/gif', 'gif', 'image'],
  ['GIF89a', 0, 'image/gif', 'gif', 'image'],
  ['II*\0', 0, 'image/tiff', 'tif', 'image'],
  ['MM\0*', 0, 'image/tiff', 'tif', 'image'],
  ['\0\0\x01\0', 0, 'image/vnd.microsoft.icon', 'ico', 'image'],
  ['\xff\x0a', 0, 'image/jxl', 'jxl', 'image'],
  ['\0\0\0\x0cJXL ', 0, 'image/jxl', 'jxl', 'image'],
  ['8BPS', 0, 'image/vnd.adobe.photoshop', 'psd', 'other'],
  ['#!AMR-WB\n', 0, 'audio/amr-wb', 'awb', 'audio'],
  ['#!AMR\n', 0, 'audio/amr', 'amr', 'audio'],
  ['fLaC', 0, 'audio/flac', 'flac', 'audio'],
  ['MThd', 0, 'audio/midi', 'mid', 'audio'],
  ['AIFF', 8, 'audio/aiff', 'aiff', 'audio'],
  ['AIFC', 8, 'audio/aiff', 'aiff', 'audio'],
  ['caff', 0, 'audio/x-caf', 'caf', 'audio'],
  ['\0\0\x01\xba', 0, 'video/mpeg', 'mpg', 'video'],
  ['\0\0\x01\xb3', 0, 'video/mpeg', 'mpg', 'video'],
  ['FLV\x01', 0, 'video/x-flv', 'flv', 'video'],
  ['\x30\x26\xb2\x75\x8e\x66\xcf\x11', 0, 'video/x-ms-asf', 'asf', 'video'],
  ['{\\rtf', 0, 'application/rtf', 'rtf', 'document'],
  ['%!PS', 0, 'application/postscript', 'ps', 'document'],
  ['\x1f\x8b', 0, 'application/gzip', 'gz', 'other'],
  ['7z\xbc\xaf\x27\x1c', 0, 'application/x-7z-compressed', '7z', 'other'],
  ['Rar!\x1a\x07', 0, 'application/vnd.rar', 'rar', 'other'],
  ['1AY&SY', 4, 'application/x-bzip2', 'bz2', 'other'],
  ['\xfd7zXZ\0', 0, 'application/x-xz', 'xz', 'other'],
  ['\x28\xb5\x2f\xfd', 0, 'application/zstd', 'zst', 'other'],
  ['ustar', 257, 'application/x-tar', 'tar', 'other'],
  ['\x7fELF', 0, 'application/x-elf', 'elf', 'other'],
  ['\xcf\xfa\xed\xfe', 0, 'application/x-mach-binary', 'macho', 'other'],
  ['\xca\xfe\xba\xbe', 0, 'application/x-mach-binary', 'macho', 'other'],
  ['\0asm', 0, 'application/wasm', 'wasm', 'other'],
  ['SQLite format 3\0', 0, 'application/vnd.sqlite3', 'sqlite', 'other'],
];

export function byMagic(bytes: Buffer): FileType | null {
  // A reader of PDF accepts other bytes before it (Adobe's implementation note 13 to PDF 1.7).
  if (bytes.subarray(0, 1024).includes('%PDF-')) return typeOf(['', 0, 'application/pdf', 'pdf', 'document']);
  if (isBitmap(bytes)) return typeOf(['', 0, 'image/bmp', 'bmp', 'image']);
  if (isWindowsProgram(bytes)) {
    return typeOf(['', 0, 'application/vnd.microsoft.portable-executable', 'exe', 'other']);
  }
  const row = rows.find(([magic, at]) => hasAt(bytes, magic, at));
  return row ? typeOf(row) : null;
}

/** Whether the bytes have a Latin-1 text at a place. */
export function hasAt(bytes: Buffer, magic: string, at: number): boolean {
  return bytes.toString('latin1', at, at + magic.length) === magic;
}

/** `BM` begins many words too. A bitmap has four zero bytes, and the length of its header, behind it. */
function isBitmap(bytes: Buffer): boolean {
  return hasAt(bytes, 'BM', 0) && hasAt(bytes, '\0\0\0\0', 6) && bytes.length > 17 && bytes.readUInt32LE(14) <= 124;
}

/** `MZ` begins words too. A program has zero bytes in its first header. */
function isWindowsProgram(bytes: Buffer): boolean {
  return hasAt(bytes, 'MZ', 0) && bytes.subarray(2, 64).includes(0);
}

function typeOf([, , mimeType, extension, family]: Row): FileType {
  return { mimeType, extension, family };
}
