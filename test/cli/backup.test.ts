import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Header } from 'tar/header';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { acquireLock } from '../../src/state/lock.ts';
import { openStore } from '../../src/store/open.ts';
import { mountSmallDisk } from '../small-disk.ts';
import { runCli, startCli } from './program.ts';

const account = '106540352242922';
const endsAt = join(import.meta.dirname, '../end-at.mjs');
const canaries = ['canary-device-token-4c1b', 'canary-private-key-77aa', 'canary-signing-secret-90ef'];
const key = 'a'.repeat(24);

let dir: string;
let state: string;
let file: string;

const entry = (id: string) => ({ id, account, lane: id, occurredAt: Date.now(), body: JSON.stringify({ text: id }) });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kapso-backup-'));
  [state, file] = [join(dir, 'state'), join(dir, 'backup.tar')];
  const store = await openStore({ dir: state, clock: systemClock });
  await store.accept(['wamid.answered', 'wamid.waits'].map(entry));
  await store.settle('wamid.answered', 'answered');
  await store.close();
  await writeFile(join(state, 'device-token.json'), JSON.stringify({ token: canaries[0] }));
  await writeFile(join(state, 'device-identity.json'), JSON.stringify({ key: canaries[1] }));
  await writeFile(join(state, 'webhook-secret'), `${canaries[2]}\n`);
  await writeFile(join(state, 'config.yaml'), 'not ours to copy');
  for (const kind of ['media', 'outgoing']) {
    await mkdir(join(state, kind, key), { recursive: true });
    await writeFile(join(state, kind, key, 'photo.jpg'), `${kind} of a customer`);
  }
  await mkdir(join(state, 'media', 'b'.repeat(24)));
  await writeFile(join(state, 'media', 'b'.repeat(24), 'part'), 'half a file');
  await symlink('/etc/passwd', join(state, 'media', 'b'.repeat(24), 'link.txt'));
  await mkdir(join(state, 'transcripts'));
  await writeFile(join(state, 'transcripts', `${'c'.repeat(64)}.txt`), 'words of a customer');
});
afterEach(() => rm(dir, { recursive: true }));

const backup = (...args: string[]) => runCli(['backup', file, '--state-dir', state, ...args]);
const restoreTo = (to: string, ...args: string[]) => runCli(['restore', file, '--state-dir', to, ...args]);
const statesIn = async (where: string) => {
  const store = await openStore({ dir: where, clock: systemClock, readOnly: true });
  const entries = await store.list({ limit: 100 });
  await store.close();
  return Object.fromEntries(entries.map(({ id, state: now }) => [id, now]));
};
const left = async (where: string) => (await readdir(where)).filter(name => /part|restore-/.test(name));

describe('kapso-whatsapp-cli backup and restore', () => {
  test('bring all back that the poller needs, for this user alone, and nothing that is being written', async () => {
    const made = await backup();
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const bytes = await readFile(file);
    expect(made.stdout).toContain(`sha256 ${createHash('sha256').update(bytes).digest('hex')}`);
    expect(made.stdout).toContain('secrets of this poller: keep it private');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    for (const canary of canaries) expect(bytes.includes(canary)).toBe(true);
    for (const other of ['not ours', 'half a file', 'root:']) expect(bytes.includes(other)).toBe(false);

    const to = join(dir, 'new', 'state');
    const restored = await restoreTo(to);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(restored.stdout).toMatch(/\((1 message|\d+ messages), (1 answer|\d+ answers)\)/);
    expect(restored.stdout).not.toMatch(/\(1 messages|, 1 answers/);
    expect((await readdir(to)).sort()).toEqual([
      ...[
        'device-identity.json',
        'device-token.json',
        'inbox.sqlite',
        'media',
        'outgoing',
        'poller.lock',
        'transcripts',
      ],
      ...['webhook-secret'],
    ]);
    for (const name of ['device-token.json', `media/${key}/photo.jpg`, `transcripts/${'c'.repeat(64)}.txt`]) {
      expect(await readFile(join(to, name), 'utf8')).toBe(await readFile(join(state, name), 'utf8'));
      expect((await stat(join(to, name))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(join(to, 'media'))).mode & 0o777).toBe(0o700);
    // What waited may have been answered since.
    expect(await statesIn(to)).toEqual({ 'wamid.answered': 'settled', 'wamid.waits': 'dropped' });
  });

  test('have what each of several numbers has in the state directory', async () => {
    const id = '647000000000002';
    const owned = [`webhook-secret.${id}`, `webhook-secret.${id}.new`, `webhook-registration.${id}.json`];
    for (const name of owned) await writeFile(join(state, name), `canary-of-${name}`);
    // Nothing that only looks like it.
    await writeFile(join(state, `device-token.${id}.json`), 'not ours to copy');
    await writeFile(join(state, `last-poll.${id}`), 'not of a backup');
    expect(JSON.parse((await backup('--json')).stdout)).toMatchObject({ files: 10 });
    const to = join(dir, 'new');
    expect(await restoreTo(to)).toMatchObject({ code: 0, stderr: '' });
    for (const name of owned) {
      expect(await readFile(join(to, name), 'utf8')).toBe(`canary-of-${name}`);
      expect((await stat(join(to, name))).mode & 0o777).toBe(0o600);
    }
    // They are of the old state, and go with it.
    await writeFile(join(to, `last-poll.${id}`), 'old');
    const { stdout } = await restoreTo(to, '--replace', '--json');
    const { aside } = JSON.parse(stdout) as { aside: string };
    expect(await readdir(aside)).toEqual(expect.arrayContaining([...owned, `last-poll.${id}`]));
    expect(await readdir(to)).not.toContain(`last-poll.${id}`);
    await rm(file);
    expect(JSON.parse((await backup('--without-secrets', '--json')).stdout)).toMatchObject({ secrets: false });
    expect((await readFile(file)).includes('canary-of-')).toBe(false);
  });

  test('leave out media and secrets when they are told to', async () => {
    const { stdout } = await backup('--without-media', '--without-secrets', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ file, files: 1, media: false, secrets: false });
    const bytes = await readFile(file);
    for (const canary of [...canaries, 'of a customer']) expect(bytes.includes(canary)).toBe(false);
    expect((await restoreTo(join(dir, 'new'))).code).toBe(0);
  });

  test('have no trace of what was deleted, and an inbox of one moment while another process writes', async () => {
    const db = new DatabaseSync(join(state, 'inbox.sqlite'));
    db.exec(`UPDATE entries SET body = 'gone for good' WHERE id = 'wamid.answered'`);
    db.exec(`UPDATE entries SET body = '{}' WHERE id = 'wamid.answered'`);
    // A writer in the middle of its transaction, and pages that are in the log alone.
    db.exec(`BEGIN IMMEDIATE; UPDATE entries SET state = 'failed' WHERE id = 'wamid.waits'`);
    expect((await backup()).code).toBe(0);
    db.exec('COMMIT');
    db.close();
    expect((await readFile(file)).includes('gone for good')).toBe(false);
    expect((await restoreTo(join(dir, 'new'))).code).toBe(0);
    expect(await statesIn(join(dir, 'new'))).toMatchObject({ 'wamid.waits': 'dropped' });
    expect(await statesIn(state)).toMatchObject({ 'wamid.waits': 'failed' });
  });

  test('replace nothing unless they are told to, and then keep what was there', async () => {
    await backup();
    const before = await readFile(file);
    expect((await backup()).code).toBe(64);
    expect(await readFile(file)).toEqual(before);
    expect((await backup('--force')).code).toBe(0);

    const store = await openStore({ dir: state, clock: systemClock });
    await store.accept([entry('wamid.later')]);
    // It has the inbox open.
    expect((await restoreTo(state, '--replace')).code).toBe(75);
    await store.close();
    const refused = await restoreTo(state);
    expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining('--replace')]);
    const { stdout } = await restoreTo(state, '--replace', '--json');
    const { aside } = JSON.parse(stdout);
    expect(await statesIn(aside)).toHaveProperty(['wamid.later'], 'pending');
    expect(await readFile(join(aside, 'device-token.json'), 'utf8')).toContain(canaries[0]);
    expect(Object.keys(await statesIn(state)).sort()).toEqual(['wamid.answered', 'wamid.waits']);
    expect(await readFile(join(state, 'config.yaml'), 'utf8')).toBe('not ours to copy');
    expect(await left(state)).toEqual([]);
  });

  test('a damaged inbox is set aside with its log', async () => {
    await backup();
    await writeFile(join(state, 'inbox.sqlite'), 'no database');
    await writeFile(join(state, 'inbox.sqlite-wal'), 'no log');
    expect((await backup('--force')).code).toBe(78);
    expect((await restoreTo(state, '--replace')).code).toBe(0);
    const aside = (await readdir(state)).find(name => name.startsWith('replaced-')) ?? '';
    expect(await readFile(join(state, aside, 'inbox.sqlite'), 'utf8')).toBe('no database');
    expect(await readFile(join(state, aside, 'inbox.sqlite-wal'), 'utf8')).toBe('no log');
    expect(await statesIn(state)).toHaveProperty(['wamid.answered']);
  });

  test('restore refuses while a poller runs; backup does not', async () => {
    const lock = acquireLock(state);
    expect((await backup()).code).toBe(0);
    const { code, stderr } = await restoreTo(state, '--replace');
    expect([code, stderr]).toEqual([75, expect.stringMatching(/: a poller .* is using .* Stop it first\. More:/)]);
    lock.release();
  });

  test('a full disk leaves no half file and changes nothing, whichever disk it is', async context => {
    const small = await mkdtemp(join(tmpdir(), 'kapso-small-'));
    onTestFinished(() => rm(small, { recursive: true }));
    mountSmallDisk(context, small, '1m');
    await writeFile(join(state, 'media', key, 'photo.jpg'), Buffer.alloc(2_000_000));
    const refused = await runCli(['backup', join(small, 'b.tar'), '--state-dir', state, '--json']);
    expect([refused.code, JSON.parse(refused.stdout).error.code]).toEqual([75, 'OUTPUT_FAILED']);
    await writeFile(join(small, 'ballast'), Buffer.alloc(1_000_000));
    const copied = await runCli(['backup', join(small, 'b.tar'), '--state-dir', state, '--json']);
    expect([copied.code, JSON.parse(copied.stdout).error]).toEqual([
      75,
      expect.objectContaining({ code: 'STORE_FULL', message: expect.stringContaining(small) }),
    ]);
    expect(await readdir(small)).toEqual(['ballast']);
    await rm(join(small, 'ballast'));

    expect((await backup()).code).toBe(0);
    const restored = await restoreTo(join(small, 'state'), '--json');
    expect([restored.code, JSON.parse(restored.stdout).error.code]).toEqual([75, 'BACKUP_NO_ROOM']);
    expect(await readdir(join(small, 'state'))).toEqual(['poller.lock']);
  });

  test('a kill leaves no half file under the final name, and no half restore; the next one clears up', async () => {
    const endAt = async (signal: string, call: string, path: string, args: string[]) => {
      const env = { END_BY: signal, END_AT: call, END_PATH: path, NODE_OPTIONS: `--import=${endsAt}` };
      const [code, by] = await once(startCli(args, env), 'close');
      return code ?? by;
    };
    const taken = ['backup', file, '--state-dir', state];
    expect(await endAt('SIGKILL', 'linkSync', String.raw`\.part$`, taken)).toBe('SIGKILL');
    expect(existsSync(file)).toBe(false);
    expect(await left(dir)).toHaveLength(1);
    for (const name of await left(dir)) await utimes(join(dir, name), 0, 0);
    expect((await backup()).code).toBe(0);
    expect(await left(dir)).toEqual([]);

    const replacing = ['restore', file, '--replace', '--state-dir', state];
    const draft = String.raw`/restore-[^/]+/inbox\.sqlite$`;
    expect(await endAt('SIGKILL', 'renameSync', draft, replacing)).toBe('SIGKILL');
    expect(await left(state)).toHaveLength(1);
    expect(await statesIn(state)).toHaveProperty(['wamid.waits'], 'pending');
    expect((await restoreTo(state, '--replace')).code).toBe(0);
    expect(await left(state)).toEqual([]);

    expect(await endAt('SIGTERM', 'openSync', String.raw`\.part$`, [...taken, '--force'])).toBe(143);
    expect(await left(dir)).toEqual([]);
  });
});

interface Made {
  name: string;
  content?: string | Buffer;
  type?: string;
  size?: number;
  link?: string;
}

function tarOf(members: readonly Made[]): Buffer {
  const blocks = members.flatMap(({ name, content = '', type = 'File', size, link }) => {
    const bytes = Buffer.from(content);
    const head = Buffer.alloc(512);
    new Header({
      ...{ path: name, size: size ?? bytes.length, type: type as 'File', mode: 0o644, mtime: new Date(0) },
      ...(link && { linkpath: link }),
    }).encode(head);
    return [head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Writes a size, in tar's binary form, into the second header, with the right checksum. */
function withSize(archive: Buffer, size: string): Buffer {
  const head = archive.subarray(1024, 1536);
  Buffer.from(size, 'hex').copy(head, 124);
  head.fill(' ', 148, 156);
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return archive;
}

describe('a backup of a stranger', () => {
  const about = (over: object = {}) => ({
    name: 'backup.json',
    content: JSON.stringify({
      ...{ format: 'kapso-whatsapp-backup', version: 1, takenAt: '2026-01-01T00:00:00Z', program: '1', schema: 1 },
      ...{ with: { media: true, secrets: true } },
      ...over,
    }),
  });
  const inbox = async () => ({ name: 'inbox.sqlite', content: await readFile(join(state, 'inbox.sqlite')) });
  const listing = (members: readonly Made[]) => ({
    name: 'manifest.json',
    content: JSON.stringify({
      files: members.map(({ name, content = '' }) => ({
        ...{ name, size: Buffer.from(content).length, sha256: createHash('sha256').update(content).digest('hex') },
      })),
    }),
  });
  const whole = (...members: Made[]) => tarOf([about(), ...members, listing(members)]);

  test.each<[string, (inbox: Made) => Buffer]>([
    ['leads out of the directory', one => whole(one, { name: '../evil', content: 'x' })],
    ['leads out of a directory below', one => whole(one, { name: `media/${key}/../../../evil`, content: 'x' })],
    ['is absolute', one => whole(one, { name: '/tmp/evil', content: 'x' })],
    ['is no file of ours', one => whole(one, { name: 'config.yaml', content: 'x' })],
    ['is hidden', one => whole(one, { name: `media/${key}/.bashrc`, content: 'x' })],
    ['is there twice', one => whole(one, one)],
    [
      'is a symbolic link',
      one => whole(one, { name: `media/${key}/a.jpg`, type: 'SymbolicLink', link: '/etc/shadow' }),
    ],
    ['is a hard link', one => whole(one, { name: `media/${key}/a.jpg`, type: 'Link', link: '/etc/shadow' })],
    ['is a device', one => whole(one, { name: 'webhook-secret', type: 'CharacterDevice' })],
    ['is a directory', one => whole(one, { name: 'media', type: 'Directory' })],
    [
      'has a name of another header',
      one => whole(one, { name: 'pax', type: 'ExtendedHeader', content: '12 path=../e\n' }),
    ],
    ['says that it has 8 EB', one => withSize(tarOf([about(), one]), '807fffffffffffffff000000')],
    ['has a negative size', one => withSize(tarOf([about(), one]), 'ffffffffffffffffffffff00')],
    ['says that it has more than there is', one => tarOf([about(), { ...one, size: 2 ** 40 }])],
    ['is a secret of 2 MB', one => whole(one, { name: 'webhook-secret', content: Buffer.alloc(2_000_000) })],
    ['is not what the list says', one => tarOf([about(), one, listing([{ ...one, content: 'x' }])])],
    ['is not in the list', one => tarOf([about(), one, listing([])])],
    ['is missing', () => whole()],
    [
      'is left out by its choice',
      one => tarOf([about({ with: { media: true, secrets: false } }), one, { name: 'webhook-secret' }]),
    ],
    ['is the last, without a list', one => tarOf([about(), one])],
    ['is the first, and of another program', one => tarOf([{ name: 'a', content: 'x' }, one])],
    ['is cut off', one => whole(one).subarray(0, 3000)],
    ['has another byte', one => whole(one).fill(1, 20_000, 20_001)],
    ['is compressed', () => Buffer.from('1f8b0800000000000003', 'hex')],
    ['is empty', () => Buffer.alloc(0)],
  ])('of which a file %s is refused before anything is changed', async (_, make) => {
    await writeFile(file, make(await inbox()));
    const to = join(dir, 'new');
    const { code, stdout } = await restoreTo(to, '--json');
    expect([code, JSON.parse(stdout).error.code]).toEqual([69, 'BACKUP_INVALID']);
    expect(existsSync(to)).toBe(false);
    expect((await readdir(dir)).sort()).toEqual(['backup.tar', 'state']);
  });

  test('is refused with an inbox that is damaged, newer, of another program, or has a program of its own', async () => {
    const path = join(dir, 'evil.sqlite');
    const good = await readFile(join(state, 'inbox.sqlite'));
    const withChange = async (change: string) => {
      await writeFile(path, good);
      const db = new DatabaseSync(path);
      db.exec(`${change}; PRAGMA journal_mode = DELETE`);
      db.close();
      return readFile(path);
    };
    const cases: [Buffer, string][] = [
      [Buffer.from(good).fill(7, 8192, 12_000), 'STORE_DAMAGED'],
      [await withChange('PRAGMA user_version = 9999'), 'STORE_NEWER'],
      [await withChange('PRAGMA application_id = 1'), 'STORE_FOREIGN'],
      [await withChange('CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END'), 'STORE_DAMAGED'],
    ];
    for (const [content, expected] of cases) {
      await writeFile(file, whole({ name: 'inbox.sqlite', content }));
      const { stdout } = await restoreTo(state, '--replace', '--json');
      expect(JSON.parse(stdout).error.code).toBe(expected);
      expect(await statesIn(state)).toHaveProperty(['wamid.waits'], 'pending');
      expect(await left(state)).toEqual([]);
    }
    await writeFile(file, tarOf([about({ version: 2 })]));
    expect(JSON.parse((await restoreTo(state, '--json')).stdout).error.code).toBe('BACKUP_NEWER');
  });
});
