import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createMediaFiles } from '../../src/media/files.ts';
import { createOutgoingMedia, type Sources } from '../../src/media/outgoing.ts';
import { manualClock } from '../manual-clock.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const never = new AbortController().signal;

function stage(most = 1e9) {
  const root = mkdtempSync(join(tmpdir(), 'kapso-outgoing-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [home, workspace, state, elsewhere] = ['home', 'workspace', 'state', 'elsewhere'].map(name =>
    join(root, name),
  ) as [...[string, string, string, string]];
  for (const dir of [home, workspace, state, elsewhere]) mkdirSync(dir);
  writeFileSync(join(workspace, 'pic.png'), png);
  writeFileSync(join(elsewhere, 'secret.png'), png);
  writeFileSync(join(state, 'inbox.sqlite'), 'SQLite format 3');
  const dir = join(state, 'outgoing');
  const files = createMediaFiles({ dir, clock: manualClock(1e12), most: () => most, whenFull: 'refuse' });
  const media = createOutgoingMedia({ files, except: [state], home, fetchWithin: 1000, proxy: null });
  const from: Sources = { workspace, directories: [workspace, home], hosts: [] };
  const take = (named: string, more: { voice?: true; from?: Partial<Sources> } = {}) =>
    media.take('wamid.1#1/1', { named, ...(more.voice && { voice: true }) }, { ...from, ...more.from }, never);
  return { root, home, workspace, state, elsewhere, dir, files, take };
}

it('keeps a copy that later changes of the file do not reach', async () => {
  const { workspace, dir, take } = stage();
  const { source, ...kind } = await take('./pic.png');
  expect(kind).toEqual({ media: 'image' });
  if (!('file' in source)) throw new Error('it is no file');
  expect(source.file).toMatchObject({ mimeType: 'image/png', name: 'image.png', size: png.length });
  expect(source.file.path).toMatch(new RegExp(`^${dir}/[0-9a-f]{24}/pic\\.png$`));
  expect((statSync(source.file.path).mode & 0o777).toString(8)).toBe('600');
  rmSync(join(workspace, 'pic.png'));
  expect(readFileSync(source.file.path)).toEqual(png);
});

it('takes a path in every form that an agent writes', async () => {
  const { workspace, home, take } = stage();
  writeFileSync(join(home, 'at home.png'), png);
  for (const named of [
    'pic.png',
    './pic.png',
    join(workspace, 'pic.png'),
    `file://${workspace}/pic.png`,
    '~/at home.png',
  ]) {
    expect((await take(named)).media, named).toBe('image');
  }
});

it('sends a file as what it is, and as a document where WhatsApp takes it only so', async () => {
  const { workspace, take } = stage();
  const mp3 = Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 0, 0]), ...Array(30).fill(mp3Frame())]);
  writeFileSync(join(workspace, 'Übersicht 2026.pdf'), '%PDF-1.7\n%âãÏÓ\n1 0 obj\n<<>>\nendobj\n%%EOF\n');
  writeFileSync(join(workspace, 'spoken.mp3'), mp3);
  writeFileSync(join(workspace, 'notes.csv'), 'a,b\n1,2\n');
  writeFileSync(join(workspace, 'huge.png'), png);
  truncateSync(join(workspace, 'huge.png'), 6 * 1024 * 1024);
  expect(await take('Übersicht 2026.pdf')).toMatchObject({ media: 'document', filename: 'Übersicht 2026.pdf' });
  expect(await take('spoken.mp3')).toMatchObject({ media: 'audio' });
  // Only Ogg with Opus plays as a voice note.
  expect(await take('spoken.mp3', { voice: true })).not.toHaveProperty('voice');
  expect(await take('notes.csv')).toMatchObject({ media: 'document', filename: 'notes.csv' });
  // Meta takes no larger image as a document either.
  await expect(take('huge.png')).rejects.toThrow(/6 MB/);
});

it.each<[what: string, named: (places: ReturnType<typeof stage>) => string, said: RegExp]>([
  ['a file elsewhere', ({ elsewhere }) => join(elsewhere, 'secret.png'), /is outside the directories/],
  ['a way out of the workspace', () => '../elsewhere/secret.png', /is outside the directories/],
  ['a link out of the workspace', () => 'link.png', /is outside the directories/],
  ['a link of a directory', () => 'linked/secret.png', /is outside the directories/],
  ['what is not there', () => 'nothing.png', /is not there/],
  ['a file that is not there elsewhere, alike', ({ elsewhere }) => join(elsewhere, 'nothing.png'), /is outside/],
  ['a directory', () => 'directory', /is not a regular file/],
  ['an empty file', () => 'empty.png', /is empty/],
  ['what WhatsApp does not take', () => 'archive.zip', /zip|no content that is known/],
  ['a file of another machine', () => 'file://elsewhere/pic.png', /is no path of this machine/],
  ['an address where no host is allowed', () => 'https://files.example.com/a.png', /is not among the hosts/],
  ['an address without TLS', () => 'http://files.example.com/a.png', /not with https/],
])('refuses %s, and keeps nothing', async (_, named, said) => {
  const places = stage();
  const { workspace, elsewhere, dir, take } = places;
  symlinkSync(join(elsewhere, 'secret.png'), join(workspace, 'link.png'));
  symlinkSync(elsewhere, join(workspace, 'linked'));
  mkdirSync(join(workspace, 'directory'));
  writeFileSync(join(workspace, 'empty.png'), '');
  writeFileSync(join(workspace, 'archive.zip'), 'PK\u0003\u0004\u0014\u0000');
  await expect(take(named(places))).rejects.toThrow(said);
  expect(existsSync(dir) && statSync(dir).nlink > 2).toBe(false);
});

it('never sends what is in the state directory, even where that is within an allowed one', async () => {
  const { root, state, take } = stage();
  const from = { directories: [root] };
  await expect(take(join(state, 'inbox.sqlite'), { from })).rejects.toThrow(/own files/);
});

it('cannot resolve a relative path where nobody says where the agent works', async () => {
  const { take } = stage();
  const error = await take('./pic.png', { from: { workspace: null } }).catch(failure => failure);
  expect(error).toMatchObject({ code: 'SEND_FILE_REFUSED', hint: expect.stringContaining('absolute path') });
});

it('refuses a file for which there is no room, rather than one that waits to be sent', async () => {
  const { workspace, files, take } = stage(1000);
  await files.keep('waiting', async file => {
    await file.writeFile('x'.repeat(950));
    return { name: 'waiting.txt' };
  });
  writeFileSync(join(workspace, 'more.png'), Buffer.concat([png, Buffer.alloc(500)]));
  await expect(take('more.png')).rejects.toMatchObject({ code: 'MEDIA_NO_ROOM' });
  expect(await files.find('waiting')).not.toBeNull();
});

function mp3Frame(): Buffer {
  const frame = Buffer.alloc(417);
  frame.set([0xff, 0xfb, 0x90, 0x00]);
  return frame;
}
