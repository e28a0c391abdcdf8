import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openJournal } from '../../src/simulator/journal.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'journal-'));
  path = join(dir, 'deeper', 'journal.jsonl');
});
afterEach(() => rmSync(dir, { recursive: true }));

it('gives back what was appended, in order, however many were appended at once', async () => {
  const first = await openJournal(path);
  await Promise.all(Array.from({ length: 200 }, (_, n) => first.journal.append({ n })));
  await first.journal.append({ n: 200 }, { n: 201 });
  await first.journal.close();
  const again = await openJournal(path);
  expect(again.records).toEqual(Array.from({ length: 202 }, (_, n) => ({ n })));
  await again.journal.close();
});

it('has a record in the file when its append resolves', async () => {
  const { journal } = await openJournal(path);
  await journal.append({ here: true });
  expect(readFileSync(path, 'utf8')).toBe('{"here":true}\n');
  await journal.close();
});

it('drops a last line that a crash cut short, and goes on after the line before it', async () => {
  const first = await openJournal(path);
  await first.journal.append({ n: 1 });
  await first.journal.close();
  appendFileSync(path, '{"n":2,"half');
  const second = await openJournal(path);
  expect(second.records).toEqual([{ n: 1 }]);
  await second.journal.append({ n: 3 });
  await second.journal.close();
  expect((await openJournal(path)).records).toEqual([{ n: 1 }, { n: 3 }]);
});

it('refuses a file that is no journal, and says where', async () => {
  const file = join(dir, 'notes.txt');
  writeFileSync(file, '{"n":1}\nnot json\n');
  await expect(openJournal(file)).rejects.toThrow(/notes\.txt line 2 is not JSON/);
});

it('keeps nothing without a path', async () => {
  const { records, journal } = await openJournal(undefined);
  expect(records).toEqual([]);
  await journal.append({ n: 1 });
  await journal.close();
});
