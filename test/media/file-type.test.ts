import { describe, expect, test } from 'vitest';
import { type FileType, headLength, typeOfContent } from '../../src/media/file-type.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const zeros = (count: number) => '\0'.repeat(count);
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('latin1');
};

/** An ISO base media box. */
const box = (kind: string, content: string) => u32(content.length + 8) + kind + content;
const track = (handler: string, codec: string) =>
  box('trak', box('hdlr', `${zeros(8)}${handler}${zeros(12)}`) + box('stsd', zeros(8) + box(codec, zeros(8))));
const mp4 = (brand: string, ...rest: string[]) => box('ftyp', `${brand}\0\0\0\0isom`) + rest.join('');

/** The first page of an Ogg stream, with one packet. */
const oggPage = (packet: string) => `OggS\0\x02${zeros(20)}\x01${String.fromCharCode(packet.length)}${packet}`;

/** An entry of a ZIP, not compressed. */
function zipEntry(name: string, content = ''): string {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50);
  header.writeUInt32LE(content.length, 18);
  header.writeUInt32LE(content.length, 22);
  header.writeUInt16LE(name.length, 26);
  return header.toString('latin1') + name + content;
}

const pngStart = `\x89PNG\r\n\x1a\n${u32(13)}IHDR${zeros(17)}`;
const ole = `\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1${zeros(504)}`;
const utf16 = (text: string) => Buffer.from(text, 'utf16le').toString('latin1');
const office = 'application/vnd.openxmlformats-officedocument';

const samples: readonly (readonly [string, string, Partial<FileType>])[] = [
  // Images.
  ['JPEG', '\xff\xd8\xff\xe0\0\x10JFIF\0', { mimeType: 'image/jpeg', extension: 'jpg', family: 'image' }],
  ['PNG', `${pngStart}IDAT`, { mimeType: 'image/png', extension: 'png', family: 'image' }],
  ['animated PNG', `${pngStart}${u32(8)}acTL${zeros(12)}IDAT`, { mimeType: 'image/png', animated: true }],
  ['GIF', 'GIF89a\x01\0\x01\0', { mimeType: 'image/gif', extension: 'gif', family: 'image' }],
  ['WebP', `RIFF\x24\0\0\0WEBPVP8 ${zeros(12)}`, { mimeType: 'image/webp', extension: 'webp', family: 'image' }],
  ['animated WebP', `RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\x02${zeros(9)}`, { mimeType: 'image/webp', animated: true }],
  ['bitmap', `BM\x46\0\0\0${zeros(4)}\x36\0\0\0\x28\0\0\0`, { mimeType: 'image/bmp', family: 'image' }],
  ['TIFF', 'II*\0\x08\0\0\0', { mimeType: 'image/tiff', family: 'image' }],
  ['HEIC', mp4('heic'), { mimeType: 'image/heic', family: 'image' }],
  ['AVIF', mp4('avif'), { mimeType: 'image/avif', family: 'image' }],
  [
    'SVG',
    '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">',
    { mimeType: 'image/svg+xml', family: 'text' },
  ],
  // Sound.
  [
    'Ogg with Opus, mono',
    oggPage(`OpusHead\x01\x01${zeros(9)}`),
    { mimeType: 'audio/ogg', codec: 'opus', channels: 1 },
  ],
  ['Ogg with Opus, stereo', oggPage(`OpusHead\x01\x02${zeros(9)}`), { codec: 'opus', channels: 2 }],
  [
    'Ogg with Vorbis',
    oggPage(`\x01vorbis${zeros(4)}\x02${zeros(18)}`),
    { mimeType: 'audio/ogg', codec: 'vorbis', channels: 2 },
  ],
  ['Ogg with something else', oggPage('Whatever'), { mimeType: 'audio/ogg', family: 'audio' }],
  ['MP3', `\xff\xfb\x90\x64${zeros(100)}`, { mimeType: 'audio/mpeg', extension: 'mp3', codec: 'mp3' }],
  ['MP3 with a tag', `ID3\x04\0\0\0\0\0\x0a${zeros(10)}`, { mimeType: 'audio/mpeg', codec: 'mp3' }],
  ['AAC', `\xff\xf1\x50\x80\x02\x1f\xfc${zeros(20)}`, { mimeType: 'audio/aac', extension: 'aac', codec: 'aac' }],
  ['AMR', '#!AMR\n\x3c', { mimeType: 'audio/amr', extension: 'amr', family: 'audio' }],
  ['AMR, wide band', '#!AMR-WB\n\x3c', { mimeType: 'audio/amr-wb', family: 'audio' }],
  ['WAVE', `RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0${zeros(12)}`, { mimeType: 'audio/wav', channels: 2 }],
  ['FLAC', 'fLaC\0\0\0\x22', { mimeType: 'audio/flac', family: 'audio' }],
  [
    'MP4 of Apple with AAC',
    mp4('M4A ', box('moov', track('soun', 'mp4a'))),
    { mimeType: 'audio/mp4', extension: 'm4a', codec: 'aac' },
  ],
  ['MP4 with sound alone', mp4('isom', box('moov', track('soun', 'mp4a'))), { mimeType: 'audio/mp4', family: 'audio' }],
  [
    'WebM with sound alone',
    '\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm\xae\x86\x86A_OPUS',
    { mimeType: 'audio/webm', codec: 'opus' },
  ],
  // Video.
  [
    'MP4',
    mp4('mp42', box('moov', track('vide', 'avc1') + track('soun', 'mp4a'))),
    { mimeType: 'video/mp4', codec: 'h264' },
  ],
  ['MP4 whose index comes later', mp4('isom', box('mdat', zeros(64))), { mimeType: 'video/mp4', family: 'video' }],
  [
    'MP4 whose index is cut',
    mp4('isom', box('moov', track('soun', 'mp4a') + zeros(9000)).slice(0, 500)),
    { mimeType: 'video/mp4' },
  ],
  ['3GP', mp4('3gp5'), { mimeType: 'video/3gpp', extension: '3gp', family: 'video' }],
  ['QuickTime', mp4('qt  '), { mimeType: 'video/quicktime', family: 'video' }],
  ['WebM', '\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm\xae\x86\x85V_VP9', { mimeType: 'video/webm', family: 'video' }],
  ['Matroska', '\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska', { mimeType: 'video/x-matroska', extension: 'mkv' }],
  ['AVI', `RIFF\x24\0\0\0AVI LIST${zeros(8)}`, { mimeType: 'video/x-msvideo', family: 'video' }],
  ['Ogg with pictures', oggPage(`\x80theora${zeros(30)}`), { mimeType: 'video/ogg', family: 'video' }],
  // Documents.
  ['PDF', '%PDF-1.7\n%\xe2\xe3', { mimeType: 'application/pdf', extension: 'pdf', family: 'document' }],
  ['PDF after other bytes', `${zeros(200)}%PDF-1.4\n`, { mimeType: 'application/pdf' }],
  [
    'Word',
    zipEntry('[Content_Types].xml', '<x/>') + zipEntry('word/document.xml'),
    { mimeType: `${office}.wordprocessingml.document`, extension: 'docx' },
  ],
  [
    'Excel',
    zipEntry('[Content_Types].xml', '<x/>') + zipEntry('xl/workbook.xml'),
    { mimeType: `${office}.spreadsheetml.sheet`, extension: 'xlsx' },
  ],
  [
    'PowerPoint',
    zipEntry('_rels/.rels') + zipEntry('ppt/presentation.xml'),
    { mimeType: `${office}.presentationml.presentation` },
  ],
  [
    'OpenDocument',
    zipEntry('mimetype', 'application/vnd.oasis.opendocument.text') + zipEntry('content.xml'),
    { extension: 'odt', family: 'document' },
  ],
  ['EPUB', zipEntry('mimetype', 'application/epub+zip'), { mimeType: 'application/epub+zip', extension: 'epub' }],
  ['Word of before 2007', `${ole}${utf16('WordDocument')}`, { mimeType: 'application/msword', extension: 'doc' }],
  ['Excel of before 2007', `${ole}${utf16('Workbook')}`, { mimeType: 'application/vnd.ms-excel', extension: 'xls' }],
  ['rich text', '{\\rtf1\\ansi', { mimeType: 'application/rtf', family: 'document' }],
  // Text.
  ['vCard', 'BEGIN:VCARD\r\nVERSION:3.0\r\n', { mimeType: 'text/vcard', extension: 'vcf', family: 'text' }],
  ['calendar', '\ufeffBEGIN:VCALENDAR\r\n', { mimeType: 'text/calendar', extension: 'ics' }],
  ['a page', '<!doctype html><title>Sign in</title>', { mimeType: 'text/html', extension: 'html', family: 'text' }],
  ['a page with a comment first', '<!-- Proxy -->\n<html>', { mimeType: 'text/html' }],
  ['plain text', 'name;price\nTable;120\n', { mimeType: 'text/plain', extension: 'txt', family: 'text' }],
  ['text that begins like a program', 'MZ is how some files begin.', { mimeType: 'text/plain' }],
  ['text that begins like a bitmap', 'BMW is a maker of cars.', { mimeType: 'text/plain' }],
  // Others.
  ['ZIP', zipEntry('a.txt', 'a'), { mimeType: 'application/zip', extension: 'zip', family: 'other' }],
  ['an app', zipEntry('AndroidManifest.xml'), { extension: 'apk', family: 'other' }],
  ['gzip', '\x1f\x8b\x08\0', { mimeType: 'application/gzip', family: 'other' }],
  ['a Windows program', `MZ\x90\0\x03${zeros(59)}`, { extension: 'exe', family: 'other' }],
  ['a Linux program', '\x7fELF\x02\x01', { extension: 'elf', family: 'other' }],
];

describe('the content tells the type', () => {
  test.each(samples)('%s', (_, content, type) => {
    const bytes = content.startsWith('\ufeff') ? Buffer.from(content) : latin1(content);
    expect(typeOfContent(bytes)).toMatchObject(type);
  });

  test('of UTF-8 that is cut within a character, and of UTF-16', () => {
    const long = Buffer.from(`a${'ü'.repeat(headLength)}`);
    expect(typeOfContent(long)?.mimeType).toBe('text/plain');
    expect(typeOfContent(Buffer.from('\ufeffHello', 'utf16le'))?.mimeType).toBe('text/plain');
  });

  test.each([
    ['nothing', ''],
    ['blanks', '  \n '],
    ['zeros', zeros(100)],
    ['noise', '\x93\xa7\x02\xfe\x81\x13'],
    ['text in Latin-1', 'Gr\xfc\xdfe'],
  ])('%s has none', (_, content) => {
    expect(typeOfContent(latin1(content))).toBeNull();
  });

  test('whatever the bytes, and however few', () => {
    for (const [, content] of samples) {
      for (let length = 0; length < Math.min(content.length, 64); length++) {
        expect(() => typeOfContent(latin1(content.slice(0, length)))).not.toThrow();
      }
    }
  });
});
