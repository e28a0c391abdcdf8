/**
 * Real programs on real files, as docs/guides/voice.md sets them up: speech by espeak-ng as the voice note that WhatsApp
 * makes of it, converted by ffmpeg and recognised by PocketSphinx, and a PDF read by pdftotext.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createDocumentTexts } from '../../src/media/document-text.ts';
import { stored, temporaryDirectory } from './files.ts';
import { recogniser, speech, voiceNote, withPrograms } from './programs.ts';
import { never, transcriberWith } from './transcription/fixture.ts';

withPrograms(
  speech,
  'a real recogniser finds the words of a voice note, which ffmpeg has made a WAV file of',
  async () => {
    const { transcribe, dir, set } = transcriberWith({ provider: 'command' });
    set({ command: recogniser(dir) });
    for (const words of ['open the window', 'lock the garden gate in the evening']) {
      const note = stored(voiceNote(dir, words), 'audio/ogg; codecs=opus');
      expect(await transcribe(note, never)).toEqual({ kind: 'text', text: words });
    }
    expect(readdirSync(join(dir, 'transcripts')).filter(name => name.endsWith('.wav'))).toEqual([]);
  },
);

withPrograms(
  { ffmpeg: 'ffmpeg' },
  'ffmpeg opens no other file for what calls itself audio: a playlist names one that would be read',
  async () => {
    const { transcribe, voice, dir } = transcriberWith({ provider: 'command', command: ['cat', '{wav}'] });
    const secret = join(dir, 'secret.wav');
    execFileSync('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', 'sine=duration=1', secret]);
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n`;
    const concat = `ffconcat version 1.0\nfile secret.wav\n`;
    for (const content of [playlist, concat]) {
      for (const mimeType of ['audio/ogg', 'audio/mpeg', 'audio/mp4', 'audio/aac', 'audio/amr', 'audio/wav']) {
        const found = await transcribe(voice(content, mimeType), never);
        expect(found).toMatchObject({
          kind: 'failed',
          reason: expect.stringContaining('the program ffmpeg ended with'),
        });
      }
    }
  },
);

withPrograms({ pdftotext: 'poppler-utils' }, 'pdftotext finds the text of a PDF, and says what is no PDF', async () => {
  const dir = temporaryDirectory();
  const documentCommand = ['pdftotext', '-layout', '-q', '{file}', '-'];
  const documentTypes = ['application/pdf'];
  const { textOf } = createDocumentTexts({ settings: () => ({ documentCommand, documentTypes }), clock: systemClock });
  const path = join(dir, 'offer.pdf');
  writeFileSync(path, pdfOf(['Offer 17', 'Three chairs, 120 euros each']));
  expect(await textOf(stored(path, 'application/pdf'), never)).toEqual({
    kind: 'text',
    text: 'Offer 17\n\nThree chairs, 120 euros each',
  });
  writeFileSync(path, '%PDF-1.4 but nothing else');
  expect(await textOf(stored(path, 'application/pdf'), never)).toMatchObject({
    kind: 'failed',
    reason: expect.stringContaining('the program pdftotext ended with status'),
  });
});

/** A PDF of one page with these lines (ISO 32000-1, 7.5). */
function pdfOf(lines: readonly string[]): string {
  const shown = lines.map(line => `(${line}) Tj 0 -40 Td`).join(' ');
  const content = `BT /F1 12 Tf 72 720 Td ${shown} ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const places = objects.map((object, at) => {
    const place = text.length;
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const rows = places.map(place => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`;
  return `${text}${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
}
