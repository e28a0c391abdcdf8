import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createMediaFiles, fileName, type MediaFiles, type MediaFilesOptions } from '../../src/media/files.ts';
import { manualClock } from '../manual-clock.ts';

const day = 86_400_000;

function open(options: Partial<MediaFilesOptions> = {}) {
  const state = mkdtempSync(join(tmpdir(), 'kapso-whatsapp-files-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const dir = join(state, 'media');
  const clock = manualClock(1_700_000_000_000);
  const again = (more: Partial<MediaFilesOptions> = {}) =>
    createMediaFiles({ dir, clock, most: () => 1000, whenFull: 'oldest go', ...options, ...more });
  return { dir, clock, files: again(), again };
}

const keep = (files: MediaFiles, id: string, size = 100, name = 'note.txt') =>
  files.keep(id, async file => {
    await file.writeFile('x'.repeat(size));
    return { name };
  });

const everything = (dir: string) =>
  existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort() : [];

it('keeps a file for this user alone, under its name, and finds it again by the id of its message', async () => {
  const { dir, files, again } = open();
  expect(await files.find('wamid.1')).toBe(null);
  const kept = await keep(files, 'wamid.1', 5);
  expect(kept).toEqual({ path: expect.stringMatching(/\/media\/[0-9a-f]{24}\/note\.txt$/), name: 'note.txt', size: 5 });
  expect(readFileSync(kept.path, 'utf8')).toBe('xxxxx');
  expect((statSync(kept.path).mode & 0o777).toString(8)).toBe('600');
  expect((statSync(dir).mode & 0o777).toString(8)).toBe('700');
  expect(await again().find('wamid.1')).toEqual(kept);
  expect(await files.find('../wamid.1')).toBe(null);
});

it('replaces an earlier file of the same id', async () => {
  const { dir, files } = open();
  await keep(files, 'wamid.1', 5, 'old.txt');
  const kept = await keep(files, 'wamid.1', 7, 'new.txt');
  expect(await files.find('wamid.1')).toEqual(kept);
  expect(everything(dir)).toHaveLength(2);
});

it('leaves nothing of a file whose writing fails', async () => {
  const { dir, files } = open();
  const failing = files.keep('wamid.1', async file => {
    await file.writeFile('half');
    throw new Error('the line is gone');
  });
  await expect(failing).rejects.toThrow('the line is gone');
  expect(everything(dir)).toEqual([]);
  expect(await files.find('wamid.1')).toBe(null);
});

it('shows no file before it is whole', async () => {
  const { files } = open();
  const written = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const keeping = files.keep('wamid.1', async file => {
    await file.writeFile('half');
    written.resolve();
    await goOn.promise;
    return { name: 'note.txt' };
  });
  await written.promise;
  expect(await files.find('wamid.1')).toBe(null);
  expect(await files.tidy({ before: Number.POSITIVE_INFINITY })).toBe(0);
  goOn.resolve();
  expect(await files.find('wamid.1')).toBe(null);
  await keeping;
  expect(await files.find('wamid.1')).not.toBe(null);
});

it('takes no name that could lead elsewhere', async () => {
  const { dir, files } = open();
  for (const name of ['../up.txt', '.hidden', 'part', 'a/b.txt']) {
    await expect(keep(files, 'wamid.1', 5, name)).rejects.toThrow('no name of a file');
  }
  expect(everything(dir)).toEqual([]);
});

it('removes the oldest files when a new one needs room', async () => {
  const { clock, files } = open({ most: () => 1000 });
  for (const id of ['1', '2', '3']) {
    await keep(files, id, 300);
    clock.advance(1000);
  }
  await keep(files, '4', 300);
  const left = await Promise.all(['1', '2', '3', '4'].map(async id => (await files.find(id)) !== null));
  expect(left).toEqual([false, true, true, true]);
});

it('counts what an earlier process has left, and what was forgotten', async () => {
  const { clock, files, again } = open({ most: () => 1000 });
  await keep(files, '1', 600);
  clock.advance(1000);
  const later = again({ whenFull: 'refuse' });
  await expect(keep(later, '2', 600)).rejects.toMatchObject({ code: 'MEDIA_NO_ROOM' });
  await later.forget('1');
  expect(await keep(later, '2', 600)).toMatchObject({ size: 600 });
});

it('refuses a file that is larger than all the room, and one that does not fit where none may go', async () => {
  const { dir, files, again } = open({ most: () => 1000 });
  await expect(keep(files, '1', 1001)).rejects.toMatchObject({ code: 'MEDIA_NO_ROOM' });
  const firm = again({ whenFull: 'refuse' });
  await keep(firm, '1', 600);
  await expect(keep(firm, '2', 600)).rejects.toThrow(
    /a file of 600 bytes does not fit into .*, where 600 of 1000 bytes/,
  );
  expect(await firm.find('1')).not.toBe(null);
  expect(everything(dir)).toHaveLength(2);
});

it('removes files by age, except needed ones, and what a killed process left unfinished', async () => {
  const { dir, clock, files, again } = open();
  await keep(files, 'old');
  await keep(files, 'needed');
  clock.advance(2 * day);
  await keep(files, 'new');
  const half = (key: string, ago: number) => {
    mkdirSync(join(dir, key));
    writeFileSync(join(dir, key, 'part'), 'half of a file');
    const at = (clock.now() - ago) / 1000;
    utimesSync(join(dir, key), at, at);
  };
  half('0123456789abcdef01234567', 2 * 3_600_000);
  // It may be one that another process writes.
  half('76543210fedcba9876543210', 60_000);
  mkdirSync(join(dir, 'of-somebody-else'));
  const removed = await again({ shared: true }).tidy({ before: clock.now() - day, needed: new Set(['needed']) });
  expect(removed).toBe(1);
  const left = await Promise.all(['old', 'needed', 'new'].map(async id => (await files.find(id)) !== null));
  expect(left).toEqual([false, true, true]);
  expect(everything(dir)).toHaveLength(7);
  expect(everything(dir)).toContain('of-somebody-else');
  expect(everything(dir)).toContain('76543210fedcba9876543210');
  // Where nobody else writes, it is what a killed process has left.
  await again().tidy({ before: clock.now() - day, needed: new Set(['needed']) });
  expect(everything(dir)).not.toContain('76543210fedcba9876543210');
});

it.each([
  ['invoice.pdf', 'pdf', 'invoice.pdf'],
  ['invoice.pdf.exe', 'pdf', 'invoice-pdf.pdf'],
  ['../../etc/passwd', 'txt', 'etc-passwd.txt'],
  ['-rf /.txt', 'txt', 'rf.txt'],
  ['Übersicht März (final) $(reboot).docx', 'docx', 'Ubersicht-Marz-final-reboot.docx'],
  ['\u202etxt.exe', 'txt', 'txt.txt'],
  ['发票.pdf', 'pdf', 'document.pdf'],
  ['.htaccess', 'bin', 'document.bin'],
  [null, 'jpg', 'document.jpg'],
  ['a'.repeat(500), 'txt', `${'a'.repeat(60)}.txt`],
  ['a\nb\0c', 'txt', 'a-b-c.txt'],
])('calls a file named %j by a stranger something harmless', (given, ending, name) => {
  expect(fileName(given, 'document', ending)).toBe(name);
});
