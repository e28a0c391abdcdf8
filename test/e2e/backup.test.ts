import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createStage } from './programs.ts';

it('after a restore nothing runs twice that was answered after the backup, and what came since the outage runs', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller();
  const file = join(stage.dir, 'backup.tar');
  await kapso.receive([{ text: 'before the backup', from: '+15550001001' }]);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 1);

  const made = await stage.run('cli', ['backup', file]);
  expect([made.code, made.stderr]).toEqual([0, '']);
  expect((await stage.run('cli', ['restore', file, '--replace'])).code).toBe(75);
  await kapso.receive([{ text: 'after the backup', from: '+15550001002' }]);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 2);
  await poller.end('SIGKILL');

  // WhatsApp's times are whole seconds.
  const ended = Math.floor(Date.now() / 1000) + 1;
  await setTimeout(ended * 1000 - Date.now());
  await kapso.receive([{ text: 'while it was away', from: '+15550001002' }]);
  const since = new Date(ended * 1000).toISOString();
  const restored = await stage.run('cli', ['restore', file, '--replace', '--since', since]);
  expect([restored.code, restored.stderr]).toEqual([0, '']);
  const before = poller.lines.length;
  await poller.start();
  await poller.says('Messages from before the restore came', before);
  await stage.holds('settled', 2);
  await kapso.receive([{ text: 'from now on', from: '+15550001001' }]);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 3);
  expect((await gateway.runs()).map(({ reply }) => reply)).toEqual(
    ['before the backup', 'after the backup', 'while it was away', 'from now on'].map(text => `You said: ${text}`),
  );
  expect((await stage.inbox()).map(({ state }) => state)).toEqual(['settled', 'dropped', 'settled', 'settled']);
});
