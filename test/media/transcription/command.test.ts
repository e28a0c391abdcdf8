import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manualClock } from '../../manual-clock.ts';
import { program } from '../files.ts';
import { never, transcriberWith } from './fixture.ts';

test('a program gets the file and the language, and prints the words', async () => {
  const { transcribe, voice, dir, set } = transcriberWith({ provider: 'command' });
  const words = program(
    dir,
    'say.cjs',
    `const [, , language, file] = process.argv; console.log(language + ': ' + require('node:fs').readFileSync(file, 'utf8'))`,
  );
  set({ command: [...words, '{language}', '{file}'] });
  expect(await transcribe(voice('hello'), never)).toEqual({ kind: 'text', text: 'auto: hello' });
  set({ language: 'es' });
  expect(await transcribe(voice('hola'), never)).toEqual({ kind: 'text', text: 'es: hola' });
});

/** A program in the place of ffmpeg that writes its arguments to its output. */
function standInForFfmpeg(dir: string, script: string): string {
  const path = join(dir, 'ffmpeg');
  writeFileSync(
    path,
    `#!${process.execPath}\nconst args = process.argv.slice(2); const fs = require('node:fs');\n${script}`,
  );
  chmodSync(path, 0o755);
  return path;
}

test.each([
  ['audio/ogg; codecs=opus', 'ogg'],
  ['audio/mp4', 'mov'],
  ['audio/amr', 'amr'],
])(
  'ffmpeg makes the WAV file of %s by the reader %s alone, and the file is gone afterwards',
  async (mimeType, reader) => {
    const { transcribe, voice, dir, set } = transcriberWith({ provider: 'command' });
    const ffmpeg = standInForFfmpeg(dir, `fs.writeFileSync(args.at(-1), JSON.stringify(args))`);
    set({ ffmpeg, command: ['cat', '{wav}'] });
    const file = voice('voice', mimeType);
    const found = (await transcribe(file, never)) as { text: string };
    const args = JSON.parse(found.text) as string[];
    expect(args.slice(args.indexOf('-protocol_whitelist'), args.indexOf('-i') + 2)).toEqual([
      '-protocol_whitelist',
      'file',
      '-f',
      reader,
      '-i',
      file.path,
    ]);
    expect(args.at(-1)).toMatch(new RegExp(`^${dir}/transcripts/[0-9a-f-]{36}\\.wav$`));
    expect(readdirSync(join(dir, 'transcripts')).filter(name => name.endsWith('.wav'))).toEqual([]);
  },
);

test('audio that ffmpeg is given no reader for is not looked at by it', async () => {
  const { transcribe, voice, dir, set } = transcriberWith({ provider: 'command', command: ['cat', '{wav}'] });
  set({ ffmpeg: standInForFfmpeg(dir, `fs.writeFileSync(__dirname + '/ran', '')`) });
  expect(await transcribe(voice('#EXTM3U', 'audio/x-mpegurl'), never)).toEqual({
    kind: 'failed',
    reason: 'audio of the type audio/x-mpegurl is not converted to WAV',
  });
  expect(readdirSync(dir)).not.toContain('ran');
});

test('what ffmpeg cannot read is told, and its half of a file is gone', async () => {
  const { transcribe, voice, dir, set } = transcriberWith({ provider: 'command', command: ['cat', '{wav}'] });
  set({
    ffmpeg: standInForFfmpeg(
      dir,
      `fs.writeFileSync(args.at(-1), 'half'); console.error('Invalid data'); process.exit(1)`,
    ),
  });
  expect(await transcribe(voice(), never)).toEqual({
    kind: 'failed',
    reason: 'the program ffmpeg ended with status 1',
    hint: 'It said: Invalid data',
  });
  expect(readdirSync(join(dir, 'transcripts'))).toEqual([]);
  set({ ffmpeg: 'no-ffmpeg-here' });
  expect(await transcribe(voice(), never)).toEqual({
    kind: 'failed',
    reason: 'the program no-ffmpeg-here was not found',
    hint: expect.stringContaining('transcribe.ffmpeg'),
  });
});

test('the time limit ends the program and removes the WAV file', async () => {
  const clock = manualClock(0);
  const { transcribe, voice, dir, set } = transcriberWith({ provider: 'command', timeout: 5 }, { clock });
  const hangs = program(
    dir,
    'hangs.cjs',
    `require('node:fs').writeFileSync(__dirname + '/begun', ''); setInterval(() => {}, 1000)`,
  );
  set({ ffmpeg: standInForFfmpeg(dir, `fs.writeFileSync(args.at(-1), 'RIFF')`), command: [...hangs, '{wav}'] });
  const found = transcribe(voice(), never);
  await expect.poll(() => readdirSync(dir), { timeout: 10_000 }).toContain('begun');
  clock.advance(5000);
  expect(await found).toEqual({ kind: 'failed', reason: 'it was not transcribed within 5 s' });
  expect(readdirSync(join(dir, 'transcripts'))).toEqual([]);
});

test('no more programs run at a time than the settings say', async () => {
  const { transcribe, voice, dir, set } = transcriberWith({ provider: 'command', parallel: 1 });
  const words = program(
    dir,
    'log.cjs',
    `const fs = require('node:fs'); const log = what => fs.appendFileSync(__dirname + '/log', what + ' ' + process.pid + '\\n');
     log('begin'); process.on('exit', () => log('end')); console.log('words');`,
  );
  set({ command: [...words, '{file}'] });
  const files = Array.from({ length: 4 }, (_, at) => ({ ...voice(), sha256: `${at}` }));
  await Promise.all(files.map(file => transcribe(file, never)));
  const lines = readFileSync(join(dir, 'log'), 'utf8').trim().split('\n');
  const begun = lines.filter(line => line.startsWith('begin'));
  expect(begun).toHaveLength(4);
  expect(lines).toEqual(begun.flatMap(line => [line, line.replace('begin', 'end')]));
});
