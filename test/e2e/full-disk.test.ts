import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mountSmallDisk } from '../small-disk.ts';
import { createStage } from './programs.ts';

it('a full disk loses nothing: the poller says so, goes on by itself when there is space, and needs no restart', async context => {
  const stage = createStage();
  mkdirSync(stage.stateDir, { mode: 0o700 });
  mountSmallDisk(context, stage.stateDir, '40m');
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller();
  await kapso.receive([{ text: 'before [[slow 1000]]' }, { text: 'waits behind it' }]);
  poller.signal('SIGUSR2');
  await gateway.reaches('started', 1);

  const ballast = join(stage.stateDir, 'ballast');
  const fill = () => {
    const { bavail, bsize } = statfsSync(stage.stateDir);
    writeFileSync(ballast, Buffer.alloc(bavail * bsize), { flag: 'a' });
  };
  fill();
  const full = poller.lines.length;
  // The run ends, and its end cannot be written down.
  await gateway.reaches('runs', 1);
  // A page of messages comes that cannot be kept.
  const large = 'x'.repeat(4000);
  await kapso.receive(
    Array.from({ length: 250 }, (_, n) => ({ text: `${n} ${large}`, from: `+1555000${1000 + (n % 20)}` })),
  );
  poller.signal('SIGUSR2');
  const refused = await poller.says('What was polled cannot be kept', full);
  expect(poller.lines[refused]).toContain('no space left');
  poller.signal('SIGUSR2');
  await poller.says('What was polled cannot be kept', refused + 1);
  expect(poller.lines.slice(full).join()).toContain('A conversation could not be worked on');
  expect((await stage.inbox()).map(({ state }) => state)).not.toContain('settled');

  rmSync(ballast);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 252);
  expect(poller.endings).toEqual([]);
  const runs = await gateway.runs();
  expect(new Set(runs.map(({ key }) => key)).size).toBe(252);
  expect(runs).toHaveLength(252);
});
