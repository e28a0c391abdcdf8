import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createAttachedFiles } from '../../src/media/attached-files.ts';
import type { TakenFile } from '../../src/media/outgoing.ts';
import { manualClock } from '../manual-clock.ts';

const day = 86_400_000;
const signal = new AbortController().signal;

function stage() {
  const root = mkdtempSync(join(tmpdir(), 'kapso-attached-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [stateDir, workspace, shared] = ['state', 'workspace', 'shared'].map(name => join(root, name)) as [
    ...[string, string, string],
  ];
  for (const dir of [stateDir, workspace, shared]) {
    mkdirSync(dir);
    writeFileSync(join(dir, 'notes.txt'), `the notes of ${dir}\n`);
  }
  const settings = { sendFrom: [] as string[], mediaHosts: [] as string[], maxTotalSize: 1, retention: 7 };
  const clock = manualClock(Date.now());
  const configFile = join(shared, 'notes.txt');
  const open = (more: { configFile?: string } = {}) =>
    createAttachedFiles({ ...{ stateDir, clock, proxy: null, settings: () => settings }, ...more });
  return { stateDir, workspace, shared, settings, clock, open, configFile };
}
const pathOf = ({ source }: TakenFile) => ('file' in source ? source.file.path : '');

it('takes files from the workspace that the gateway names and from the set directories, as they are set now', async () => {
  const { workspace, shared, settings, open } = stage();
  const files = open();
  const take = (named: string, at: string | null = workspace) => files.take('a', { named }, { workspace: at, signal });
  expect(await take('notes.txt')).toMatchObject({ media: 'document', filename: 'notes.txt' });
  const elsewhere = join(shared, 'notes.txt');
  await expect(take(elsewhere)).rejects.toMatchObject({ code: 'SEND_FILE_REFUSED' });
  settings.sendFrom = [shared];
  expect(await take(elsewhere)).toMatchObject({ media: 'document' });
  // A gateway on another machine: a path of this one is nothing of its agent's.
  expect(await take(elsewhere, null)).toMatchObject({ media: 'document' });
  await expect(take(join(workspace, 'notes.txt'), null)).rejects.toMatchObject({ code: 'SEND_FILE_REFUSED' });
});

it('takes neither the configuration nor what is in the state directory, wherever they are', async () => {
  const { stateDir, shared, settings, open, configFile } = stage();
  settings.sendFrom = [shared, stateDir];
  const files = open({ configFile });
  for (const named of [configFile, join(stateDir, 'notes.txt')]) {
    await expect(files.take('a', { named }, { workspace: null, signal })).rejects.toThrow(/own files/);
  }
});

it('keeps copies for their time, those of messages that wait for longer, and across a restart', async () => {
  const { workspace, settings, clock, open } = stage();
  const take = async (id: string) => pathOf(await open().take(id, { named: 'notes.txt' }, { workspace, signal }));
  const [sent, waiting] = [await take('sent'), await take('waiting')];
  expect(sent).not.toBe(waiting);
  clock.advance(6 * day);
  expect(await open().tidy(new Set([waiting]))).toBe(0);
  clock.advance(2 * day);
  expect(await open().tidy(new Set([waiting]))).toBe(1);
  expect([existsSync(sent), existsSync(waiting)]).toEqual([false, true]);
  settings.retention = 30;
  expect(await open().tidy(new Set())).toBe(0);
});
