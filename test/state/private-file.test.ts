import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writePrivateFile } from '../../src/state/private-file.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'private-file-'));
  path = join(dir, 'file');
});
afterEach(() => rmSync(dir, { recursive: true }));

test('a file is for this user only, also where one that others may read stood', () => {
  writeFileSync(path, 'old', { mode: 0o644 });
  writePrivateFile(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(['file']);
});

test('who has the old file open, or another name for it, keeps the old content whole', () => {
  writeFileSync(path, 'old');
  linkSync(path, join(dir, 'other name'));
  writePrivateFile(path, 'new', { durable: false });
  expect(readFileSync(join(dir, 'other name'), 'utf8')).toBe('old');
});

test('a link that somebody put in the place of the temporary file leads nowhere', () => {
  const elsewhere = join(dir, 'elsewhere');
  writeFileSync(elsewhere, 'untouched');
  symlinkSync(elsewhere, `${path}.${process.pid}.tmp`);
  writePrivateFile(path, 'content');
  expect(readFileSync(elsewhere, 'utf8')).toBe('untouched');
  expect(readFileSync(path, 'utf8')).toBe('content');
});

test('a file that another process made meanwhile is left alone where that is asked for', () => {
  writePrivateFile(path, 'first', { keepExisting: true });
  writePrivateFile(path, 'second', { keepExisting: true });
  expect(readFileSync(path, 'utf8')).toBe('first');
  expect(readdirSync(dir)).toEqual(['file']);
});

test('what cannot be put into its place leaves nothing beside it', () => {
  mkdirSync(path);
  expect(() => writePrivateFile(path, 'content')).toThrow(/EISDIR/);
  expect(readdirSync(dir)).toEqual(['file']);
});

test.runIf(process.getuid?.() === 0)(
  'root makes a file for the owner of the directory where that is asked for',
  async () => {
    const { chownSync } = await import('node:fs');
    chownSync(dir, 1234, 1234);
    writePrivateFile(path, 'content', { ownerOfDirectory: true });
    expect(statSync(path)).toMatchObject({ uid: 1234, gid: 1234 });
    writePrivateFile(path, 'content');
    expect(statSync(path)).toMatchObject({ uid: 0 });
  },
);
