import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createStage } from './programs.ts';

it('a person is forgotten beside a running poller, which goes on, and does not answer the old message again', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller();
  await kapso.receive([
    { text: 'secret-of-ada', from: '+5511987654321' },
    { text: 'of Bob', from: '+15550001002' },
  ]);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 2);
  await stage.until('both were answered', async () => (await kapso.sent()).length === 2);
  const inbox = async () => (await stage.inbox()).map(({ outcome }) => outcome);
  await stage.until('both answers are known', async () => (await inbox()).every(outcome => outcome === 'answered'));

  const forgotten = await stage.run('cli', ['forget', '+551187654321', '--yes']);
  expect([forgotten.code, forgotten.stderr]).toEqual([0, '']);
  // Kapso lists the old message again.
  await kapso.receive([{ text: 'later', from: '+15550001002' }]);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 2);
  expect((await gateway.runs()).map(({ reply }) => reply).toSorted()).toEqual([
    'You said: later',
    'You said: of Bob',
    'You said: secret-of-ada',
  ]);
  const files = readdirSync(stage.stateDir, { recursive: true, withFileTypes: true }).filter(file => file.isFile());
  const bytes = files.map(file => readFileSync(join(file.parentPath, file.name), 'latin1')).join('');
  for (const needle of ['secret-of-ada', '5511987654321', '551187654321']) expect(bytes).not.toContain(needle);
  expect(poller.endings).toEqual([]);
});
