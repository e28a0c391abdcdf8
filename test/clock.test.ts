import { once } from 'node:events';
import { expect, it } from 'vitest';
import { sleep, systemClock } from '../src/clock.ts';

it('a time that is over already has come, and Node has nothing to warn of', async () => {
  const warned = once(process, 'warning').then(([warning]) => String(warning));
  await sleep(systemClock, -5, new AbortController().signal);
  process.emitWarning('the end of the test');
  expect(await warned).toContain('the end of the test');
});
