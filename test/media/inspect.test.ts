import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isOurs } from '../../src/errors.ts';
import { inspectFile } from '../../src/media/inspect.ts';
import type { SentAs } from '../../src/media/outgoing-kinds.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const media = (name: string) => join(fixtures, 'media', name);
const dir = mkdtempSync(join(tmpdir(), 'kapso-inspect-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** Copies a fixture under another name. */
function named(fixture: string, name: string): string {
  const path = join(dir, name);
  copyFileSync(media(fixture), path);
  return path;
}

function written(name: string, content: string | Buffer): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

/** Makes a file larger with zeros behind its content, which takes no space on the disk. */
function grown(path: string, size: number): string {
  truncateSync(path, size);
  return path;
}

async function refusalOf(path: string, as: SentAs): Promise<string> {
  const error = await inspectFile(path, as).then(
    file => new Error(`it was taken as ${JSON.stringify(file)}`),
    (thrown: unknown) => thrown,
  );
  if (!isOurs(error)) throw error;
  return `${error.code}: ${error.message}. ${error.hint}`;
}

describe('audio by its content (field report B38)', () => {
  /** The fixture for what the table says that a file holds. */
  const contents: Readonly<Record<string, string>> = {
    'Ogg with Opus, mono': 'opus-mono.ogg',
    'Ogg with Vorbis': 'vorbis.ogg',
    'WebM with Opus (browser recording)': 'opus.webm',
    'Ogg with Opus under a wrong name': 'opus-mono.ogg',
    'MP4 with AAC': 'aac.m4a',
    'MPEG audio': 'mp3.mp3',
  };
  const rows = readFileSync(join(fixtures, 'field-reports/B38-audio-types.tsv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map(line => line.split('\t'));

  test.each(rows)('%s, %s: %s, %s', async (name = '', holds = '', type = '', expected = '') => {
    const path = named(contents[holds] ?? '', name);
    const as = type.startsWith('audio/ogg') || expected.startsWith('refused') ? 'voice' : 'audio';
    if (expected.startsWith('refused')) {
      for (const kind of [as, 'audio'] as const) {
        expect(await refusalOf(path, kind)).toMatch(/^SEND_FILE_REFUSED: .* Convert it: ffmpeg .* libopus voice\.ogg$/);
      }
      return;
    }
    const file = await inspectFile(path, as);
    expect(file.mimeType).toBe(type);
    expect(file.name).toBe(as === 'voice' ? 'voice.ogg' : `audio.${name.split('.')[1]}`);
  });

  test('has a row of the table for each of its files', () => {
    expect(rows).toHaveLength(8);
  });
});

describe('a file that Meta takes', () => {
  test.each<[string, SentAs, string, string]>([
    ['picture.jpg', 'image', 'image/jpeg', 'image.jpg'],
    ['picture.png', 'image', 'image/png', 'image.png'],
    ['sticker.webp', 'sticker', 'image/webp', 'sticker.webp'],
    ['moving.webp', 'sticker', 'image/webp', 'sticker.webp'],
    ['h264-aac.mp4', 'video', 'video/mp4', 'video.mp4'],
    ['h264-silent.mp4', 'video', 'video/mp4', 'video.mp4'],
    ['h264.3gp', 'video', 'video/3gpp', 'video.3gp'],
    ['aac.aac', 'audio', 'audio/aac', 'audio.aac'],
    ['aac.m4a', 'audio', 'audio/mp4', 'audio.m4a'],
    ['aac-only.mp4', 'audio', 'audio/mp4', 'audio.m4a'],
    ['opus-mono.ogg', 'audio', 'audio/ogg; codecs=opus', 'audio.ogg'],
    ['picture.jpg', 'document', 'image/jpeg', 'picture.jpg'],
    ['sticker.webp', 'document', 'image/webp', 'sticker.webp'],
    ['hevc.mp4', 'document', 'video/mp4', 'hevc.mp4'],
    ['opus-stereo.ogg', 'document', 'audio/ogg; codecs=opus', 'opus-stereo.ogg'],
  ])('%s as %s is declared as %s under the name %s', async (name, as, mimeType, uploaded) => {
    const path = media(name);
    const { inode, ...file } = await inspectFile(path, as);
    expect(file).toEqual({ path, mimeType, name: uploaded, size: readFileSync(path).length });
    expect(inode).toMatch(/^\d+:\d+$/);
  });

  test('is told by its content, whatever its name says', async () => {
    expect(await inspectFile(named('picture.png', 'photo.jpg'), 'image')).toMatchObject({
      mimeType: 'image/png',
      name: 'image.png',
    });
    expect(await inspectFile(written('amr.bin', '#!AMR\n<\b\0'), 'audio')).toMatchObject({
      mimeType: 'audio/amr',
      name: 'audio.amr',
    });
  });

  const pdf = '%PDF-1.7\n';
  /** A ZIP with one entry of this name. */
  const zip = (entry: string) => {
    const header = Buffer.alloc(30);
    header.write('PK\x03\x04', 'latin1');
    header.writeUInt16LE(entry.length, 26);
    return Buffer.concat([header, Buffer.from(entry), Buffer.alloc(64)]);
  };
  /** An older Office document whose directory is far behind its beginning. */
  const doc = () => {
    const file = Buffer.alloc(512 * 80);
    file.write('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'latin1');
    file.writeUInt16LE(9, 30);
    file.writeUInt32LE(70, 48);
    file.write('WordDocument', 512 * 71, 'utf16le');
    return file;
  };
  const word = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
  test.each<[string, string | Buffer, string, string]>([
    ['Rechnung März.pdf', pdf, 'application/pdf', 'Rechnung März.pdf'],
    ['bill', pdf, 'application/pdf', 'bill.pdf'],
    ['bill.txt', pdf, 'application/pdf', 'bill.pdf'],
    ['report.v2', pdf, 'application/pdf', 'report.v2.pdf'],
    ['two\nlines\u202e.pdf', pdf, 'application/pdf', 'two lines.pdf'],
    [`${'x'.repeat(251)}.pdf`, pdf, 'application/pdf', `${'x'.repeat(240)}.pdf`],
    ['letter.docx', zip('word/document.xml'), word, 'letter.docx'],
    ['letter.zip', zip('word/document.xml'), word, 'letter.docx'],
    ['macros.DOCM', zip('word/document.xml'), word, 'macros.DOCM'],
    ['old.doc', doc(), 'application/msword', 'old.doc'],
    ['prices.csv', 'a;b\n1;2\n', 'text/plain', 'prices.csv'],
    ['data.json', '{"a": 1}', 'text/plain', 'data.json'],
    ['page.html', '<!DOCTYPE html><p>x', 'text/plain', 'page.html'],
    ['README', 'hello', 'text/plain', 'README.txt'],
    ['not-really.pdf', 'hello', 'text/plain', 'not-really.txt'],
  ])(
    'the document %s keeps its name as far as it agrees with the content',
    async (name, content, mimeType, uploaded) => {
      const { name: found, mimeType: type } = await inspectFile(written(name, content), 'document');
      expect([type, found]).toEqual([mimeType, uploaded]);
    },
  );
});

describe('a file that Meta would refuse is refused before it is uploaded', () => {
  test.each<[string, SentAs, string]>([
    [
      'picture.gif',
      'image',
      'the file "picture.gif" is image/gif by its content, and Meta takes JPEG and PNG as an image',
    ],
    ['sticker.webp', 'image', 'Send it as a sticker, or convert it'],
    ['picture.jpg', 'sticker', 'Meta takes WebP as a sticker. Send it as an image, or convert it'],
    ['quicktime.mov', 'video', 'is video/quicktime with h264 by its content. Meta takes MP4 and 3GP with H.264'],
    ['hevc.mp4', 'video', 'has video coded as hev1, and Meta takes MP4 and 3GP with H.264 and AAC. Convert it: ffmpeg'],
    ['two-sounds.mp4', 'video', 'has 2 tracks of sound, and Meta takes one'],
    ['aac.m4a', 'video', 'Send it as an audio file, or convert it'],
    ['h264-aac.mp4', 'audio', 'Send it as a video, or convert it'],
    ['alac.m4a', 'audio', 'has audio coded as alac, and Meta takes AAC, AMR, MP3, M4A, and Ogg with Opus in mono'],
    ['wave.wav', 'audio', 'is audio/wav by its content'],
    ['opus.webm', 'audio', 'is audio/webm with opus by its content'],
    ['vorbis.ogg', 'audio', 'is audio/ogg with vorbis by its content'],
    [
      'opus-stereo.ogg',
      'audio',
      'has 2 channels of sound, and Meta takes Ogg with Opus in mono only. Convert it: ffmpeg',
    ],
    ['opus-stereo.ogg', 'voice', 'has 2 channels of sound'],
    [
      'mp3.mp3',
      'voice',
      'Meta takes Ogg with Opus in mono as a voice message. Send it as an audio file, or convert it',
    ],
    ['vorbis.ogg', 'document', 'Put it where the customer can fetch it, and send the address as a text'],
    ['picture.gif', 'document', 'is image/gif by its content'],
  ])('%s as %s: %s', async (name, as, sentence) => {
    for (const part of sentence.split(/(?<=\w)\. (?=Meta takes MP4)/)) {
      expect(await refusalOf(media(name), as)).toContain(part);
    }
  });

  test('an empty file, and one whose content is not known', async () => {
    expect(await refusalOf(written('empty.png', ''), 'image')).toContain('the file "empty.png" is empty');
    expect(await refusalOf(written('noise', Buffer.from([1, 2, 3, 0, 255])), 'document')).toContain(
      'has no content that is known, and Meta takes PDF, Word',
    );
    expect(await refusalOf(written('archive.zip', 'PK\x05\x06'), 'document')).toContain('is application/zip');
  });

  const mb = 1024 * 1024;
  test.each<[string, SentAs, number, string]>([
    [
      'picture.png',
      'image',
      5 * mb,
      'has 5.1 MB, and Meta takes 5 MB of an image. Make it smaller: it is not changed here',
    ],
    ['opus-mono.ogg', 'voice', 16 * mb, 'has 16.1 MB, and Meta takes 16 MB of a voice message'],
    ['mp3.mp3', 'audio', 16 * mb, 'Meta takes 16 MB of an audio file'],
    ['h264-silent.mp4', 'video', 16 * mb, 'Meta takes 16 MB of a video'],
    ['bill.pdf', 'document', 100 * mb, 'has 100.1 MB, and Meta takes 100 MB of a document of this type. Put it where'],
    ['picture.jpg', 'document', 5 * mb, 'Meta takes 5 MB of a document of this type. Put it where'],
    ['sticker.webp', 'sticker', 100 * 1024, 'has 101 KB, and Meta takes 100 KB of a sticker'],
    ['moving.webp', 'sticker', 500 * 1024, 'has 501 KB, and Meta takes 500 KB of a sticker that moves'],
  ])('%s as %s above %i bytes, and no sooner', async (name, as, limit, sentence) => {
    const copy = name === 'bill.pdf' ? written(name, '%PDF-1.7\n') : named(name, `large-${name}`);
    const path = grown(copy, limit);
    expect(await inspectFile(path, as)).toMatchObject({ size: limit });
    expect(await refusalOf(grown(path, limit + 1), as)).toContain(sentence);
  });

  test('a file that is not there, and a directory', async () => {
    expect(await refusalOf(join(dir, 'none.png'), 'image')).toMatch(/^SEND_FILE_UNREADABLE: .*none.png" is not there/);
    expect(await refusalOf(dir, 'image')).toMatch(/^SEND_FILE_REFUSED: .* is not a regular file/);
  });
});

test.each([
  ['a box that is longer than the file', (file: Buffer) => file.writeUInt32BE(0x7fffffff, 0)],
  ['a box without length', (file: Buffer) => file.writeUInt32BE(1, file.indexOf('moov') - 4)],
  ['an index that is cut', (file: Buffer) => file.writeUInt32BE(9, file.indexOf('stsd') - 4)],
])('a damaged MP4 with %s holds nothing up', async (_, damage) => {
  const file = readFileSync(media('h264-aac.mp4'));
  damage(file);
  const path = written('damaged.mp4', file);
  const outcome = await inspectFile(path, 'video').catch((error: unknown) => error);
  expect(isOurs(outcome) ? outcome.code : outcome).toSatisfy(
    found => found === 'SEND_FILE_REFUSED' || (found as { mimeType: string }).mimeType === 'video/mp4',
  );
});
