import { expect, it } from 'vitest';
import { createStage } from './programs.ts';

it("loses nothing when Kapso's clock was put forward while the poller was down", async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  await stage.startGateway();
  const poller = await stage.startPoller();
  await kapso.receive([{ text: 'one' }]);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 1);
  await poller.end();
  await kapso.receive([{ text: 'two' }]);
  await kapso.control('POST', 'config', { clockOffset: 1_200_000 });
  await poller.start();
  await stage.holds('settled', 2);
  expect(poller.lines.join('\n')).not.toContain('did not fit');
});
