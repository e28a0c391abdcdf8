import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manualClock } from '../../manual-clock.ts';
import { never, transcriberWith } from './fixture.ts';
import { json, startService } from './service-stand-in.ts';

const day = 86_400_000;

function texts(dir: string): string[] {
  return readdirSync(join(dir, 'transcripts')).map(name => join(dir, 'transcripts', name));
}

test('the same content is transcribed once, for the owner of the state directory alone', async () => {
  const service = await startService(json({ text: 'hello' }));
  const { transcribe, voice, dir } = transcriberWith({ provider: 'openai', baseUrl: service.origin });
  for (let at = 0; at < 3; at += 1) expect(await transcribe(voice(), never)).toEqual({ kind: 'text', text: 'hello' });
  expect(service.heard).toHaveLength(1);
  expect(texts(dir).map(path => statSync(path).mode & 0o777)).toEqual([0o600]);
  expect(statSync(join(dir, 'transcripts')).mode & 0o777).toBe(0o700);
  await transcribe(voice('other content'), never);
  expect(service.heard).toHaveLength(2);
});

test('two of the same at the same time are one, where one waits for the other', async () => {
  const service = await startService(json({ text: 'hello' }));
  const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin, parallel: 1 });
  const file = voice();
  const both = await Promise.all([transcribe(file, never), transcribe(file, never)]);
  expect(both).toEqual([
    { kind: 'text', text: 'hello' },
    { kind: 'text', text: 'hello' },
  ]);
  expect(service.heard).toHaveLength(1);
});

test('other settings ask again', async () => {
  const service = await startService(json({ text: 'hello' }), json({ text: 'bonjour' }));
  const { transcribe, voice, set } = transcriberWith({ provider: 'openai', baseUrl: service.origin });
  await transcribe(voice(), never);
  set({ language: 'fr' });
  expect(await transcribe(voice(), never)).toEqual({ kind: 'text', text: 'bonjour' });
});

test('a failure is not kept', async () => {
  const service = await startService(json({ error: 'bad' }, 400), json({ text: 'hello' }));
  const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin });
  expect(await transcribe(voice(), never)).toMatchObject({ kind: 'failed' });
  expect(await transcribe(voice(), never)).toEqual({ kind: 'text', text: 'hello' });
});

test('an empty file, as a loss of power leaves it, is none', async () => {
  const service = await startService(json({ text: 'hello' }));
  const { transcribe, voice, dir } = transcriberWith({ provider: 'openai', baseUrl: service.origin });
  await transcribe(voice(), never);
  for (const path of texts(dir)) writeFileSync(path, '');
  expect(await transcribe(voice(), never)).toEqual({ kind: 'text', text: 'hello' });
  expect(texts(dir).map(path => readFileSync(path, 'utf8'))).toEqual(['hello']);
});

test('a disk that takes nothing costs no message its words', async () => {
  const service = await startService(json({ text: 'hello' }));
  const { transcribe, voice, dir, set } = transcriberWith({ provider: 'openai', baseUrl: service.origin });
  writeFileSync(join(dir, 'transcripts'), 'no directory');
  expect(await transcribe(voice(), never)).toEqual({ kind: 'text', text: 'hello' });
  set({ provider: 'command', command: ['cat', '{wav}'] });
  expect(await transcribe(voice(), never)).toEqual({
    kind: 'failed',
    reason: 'the directory for its WAV file cannot be made (ENOTDIR)',
    hint: `Check ${dir}/transcripts and its disk.`,
  });
});

test('words that nobody asked for since, and audio that a killed process left, are removed', async () => {
  const clock = manualClock(1_700_000_000_000);
  const service = await startService(json({ text: 'hello' }));
  const { transcribe, voice, tidy, dir } = transcriberWith({ provider: 'openai', baseUrl: service.origin }, { clock });
  await tidy(clock.now());
  const used = voice('used');
  await transcribe(used, never);
  const [usedPath = ''] = texts(dir);
  await transcribe(voice('old'), never);
  const left = { fresh: join(dir, 'transcripts', 'a.wav'), old: join(dir, 'transcripts', 'b.wav') };
  writeFileSync(left.fresh, 'RIFF');
  writeFileSync(left.old, 'RIFF');
  for (const path of texts(dir)) utimesSync(path, clock.now() / 1000, clock.now() / 1000);
  clock.advance(31 * day);
  utimesSync(left.fresh, clock.now() / 1000, clock.now() / 1000);
  await transcribe({ ...used }, never);
  await tidy(clock.now() - 30 * day);
  expect(texts(dir).sort()).toEqual([usedPath, left.fresh].sort());
});

test('above the bound of all, the oldest go', async () => {
  const { tidy, dir, transcribe, voice, set } = transcriberWith({ provider: 'command', command: ['cat', '{file}'] });
  await transcribe(voice('words'), never);
  set({});
  const big = 'x'.repeat(1024 * 1024);
  for (let at = 0; at < 70; at += 1) {
    const path = join(dir, 'transcripts', `${at}.txt`);
    writeFileSync(path, big);
    utimesSync(path, 1_700_000_000 + at, 1_700_000_000 + at);
  }
  await tidy(0);
  const kept = texts(dir).map(path => path.split('/').at(-1) ?? '');
  expect(kept.length).toBe(64);
  expect(kept).toContain('69.txt');
  expect(kept).not.toContain('0.txt');
});
