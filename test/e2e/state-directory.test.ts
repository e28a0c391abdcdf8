import { chmodSync, mkdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createStage } from './programs.ts';

it.each([
  [0o777, true],
  [0o770, true],
  [0o755, false],
  [0o700, false],
])('a state directory of mode %i is warned about: %s', async (mode, warned) => {
  const stage = createStage();
  await stage.startKapso();
  await stage.startGateway();
  mkdirSync(stage.stateDir, { recursive: true });
  chmodSync(stage.stateDir, mode);
  const poller = await stage.startPoller();
  await poller.end();
  expect(poller.lines.some(line => line.includes(`chmod go-w ${stage.stateDir}`))).toBe(warned);
});
