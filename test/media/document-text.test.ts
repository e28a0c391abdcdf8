import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createDocumentTexts, documentLimits } from '../../src/media/document-text.ts';
import { manualClock } from '../manual-clock.ts';
import { program, stored, temporaryDirectory } from './files.ts';

const never = new AbortController().signal;
const pdf = 'application/pdf';

function texts(documentCommand: readonly string[], documentTypes: readonly string[] = [pdf], clock = systemClock) {
  return createDocumentTexts({ settings: () => ({ documentCommand, documentTypes }), clock });
}

test('only documents of the types in the settings are read, and none without a program', () => {
  const { reads } = texts(['reader', '{file}'], [pdf, 'text/csv']);
  expect(['application/pdf', 'text/csv; charset=utf-8', 'text/plain'].map(mimeType => reads({ mimeType }))).toEqual([
    true,
    true,
    false,
  ]);
  expect(texts([]).reads({ mimeType: pdf })).toBe(false);
});

test('a document has the text that the program prints, which is told the type', async () => {
  const dir = temporaryDirectory();
  const path = join(dir, 'report.pdf');
  writeFileSync(path, 'Sales rose.');
  const reader = program(
    dir,
    'reader.cjs',
    `const [, , type, file] = process.argv; console.log(type + ': ' + require('node:fs').readFileSync(file, 'utf8') + '\\f')`,
  );
  const found = await texts([...reader, '{type}', '{file}']).textOf(stored(path, pdf), never);
  expect(found).toEqual({ kind: 'text', text: 'application/pdf: Sales rose.' });
});

test('a long document is cut, and an empty or unreadable one is told', async () => {
  const dir = temporaryDirectory();
  const path = join(dir, 'report.pdf');
  writeFileSync(path, '%PDF');
  const read = (script: string) =>
    texts([...program(dir, 'reader.cjs', script), '{file}']).textOf(stored(path, pdf), never);
  expect(await read(`process.stdout.write('page '.repeat(100_000))`)).toMatchObject({ kind: 'text', cut: true });
  const { text } = (await read(`process.stdout.write('page '.repeat(100_000))`)) as { text: string };
  expect(text).toHaveLength(documentLimits.text);
  expect(await read(`console.log('\\f\\f')`)).toEqual({
    kind: 'failed',
    reason: 'the program for documents found no text in it',
  });
  expect(await read(`console.error('Syntax Error: no trailer'); process.exitCode = 1`)).toEqual({
    kind: 'failed',
    reason: expect.stringMatching(/^the program \S+ ended with status 1$/),
    hint: 'It said: Syntax Error: no trailer',
  });
});

test('a program that does not end is ended after the time limit', async () => {
  const dir = temporaryDirectory();
  const path = join(dir, 'report.pdf');
  writeFileSync(path, '%PDF');
  const clock = manualClock(0);
  const hangs = program(dir, 'hangs.cjs', `setInterval(() => {}, 1000)`);
  const found = texts([...hangs, '{file}'], [pdf], clock).textOf(stored(path, pdf), never);
  await expect.poll(() => clock.pending()).toEqual([documentLimits.timeout]);
  clock.advance(documentLimits.timeout);
  expect(await found).toEqual({ kind: 'failed', reason: 'the program for documents took longer than 60 s' });
});
