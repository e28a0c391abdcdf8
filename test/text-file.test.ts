import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { assertRegularFile, FileError, readTextFile, smallFile } from '../src/text-file.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'text-file-'));
  file = join(dir, 'file');
});
afterEach(() => rmSync(dir, { recursive: true }));

const refusal = (path: string): FileError => {
  for (const read of [() => readTextFile(path), () => assertRegularFile(path, smallFile)]) {
    try {
      read();
    } catch (error) {
      if (error instanceof FileError) return error;
      throw error;
    }
  }
  throw new Error('it was read');
};

it('a pipe without a writer is refused, and does not stop the program', () => {
  execFileSync('mkfifo', [file]);
  expect(refusal(file)).toMatchObject({ code: 'ENOTREG', path: file, reason: expect.stringContaining('is a pipe') });
});

it('what a shell passes as a file and is a pipe is refused as well', () => {
  const program = `import { readTextFile } from ${JSON.stringify(join(import.meta.dirname, '../src/text-file.ts'))};
    try { readTextFile(process.argv[1]); } catch (error) { console.log(error.message); }`;
  const said = execFileSync('bash', [
    '-c',
    `exec "$0" --input-type=module --eval "$1" <(echo secret)`,
    process.execPath,
    program,
  ]);
  expect(said.toString()).toMatch(/is a pipe, and only regular files are read/);
});

it.each(['/dev/zero', '/dev/null', '/dev/full'])('the device %s is refused', path => {
  expect(refusal(path)).toMatchObject({ code: 'ENOTREG', reason: expect.stringContaining('is a device') });
});

it('a socket and a directory are refused', async () => {
  const server = createServer().listen(join(dir, 'socket'));
  await new Promise(resolve => server.once('listening', resolve));
  expect(refusal(join(dir, 'socket')).reason).toContain('is a socket');
  server.close();
  expect(refusal(dir)).toMatchObject({ code: 'EISDIR' });
});

it('up to its limit a file is read whole, and above it not at all', () => {
  writeFileSync(file, 'x'.repeat(smallFile));
  expect(readTextFile(file)).toHaveLength(smallFile);
  assertRegularFile(file, smallFile);
  writeFileSync(file, 'x'.repeat(smallFile + 1));
  expect(refusal(file)).toMatchObject({ code: 'EFBIG', reason: expect.stringContaining('is larger than 64 KiB') });
  expect(() => assertRegularFile(file, smallFile)).toThrow('is larger than 64 KiB');
  writeFileSync(file, '');
  expect(readTextFile(file)).toBe('');
});

it('a file of the kernel, which gives no size, is read', () => {
  expect(readTextFile('/proc/self/comm').length).toBeGreaterThan(0);
});

it('a byte order mark is left out', () => {
  writeFileSync(file, '\uFEFFtext\r\n');
  expect(readTextFile(file)).toBe('text\r\n');
});

it.each([
  ['UTF-16 with a byte order mark', Buffer.from('\uFEFFtext', 'utf16le'), 'UTF-16'],
  ['UTF-16 of the other order', Buffer.from('\uFEFFtext', 'utf16le').swap16(), 'UTF-16'],
  ['UTF-16 without a byte order mark', Buffer.from('text', 'utf16le'), 'UTF-16'],
  ['Latin-1', Buffer.from('schlüssel', 'latin1'), 'is not UTF-8 text'],
])('%s is named', (_, bytes, said) => {
  writeFileSync(file, bytes);
  expect(refusal(file)).toMatchObject({ code: 'EILSEQ', reason: expect.stringContaining(said) });
});

it('what is not there is said as node:fs says it', () => {
  expect(() => readTextFile(file)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});
