import { describe, expect, it } from 'vitest';
import { StoreError } from '../src/store/errors.ts';
import { createWhenThere, startPatience } from '../src/when-there.ts';
import { manualClock } from './manual-clock.ts';
import { silentLog } from './silent-log.ts';

const away = () => new StoreError('STORE_UNREACHABLE', 'nobody answers');
const settled = () => new Promise<void>(resolve => setImmediate(resolve));

describe('what a start needs of an inbox in a database', () => {
  const options = (clock: ReturnType<typeof manualClock>) => ({
    clock,
    log: silentLog,
    random: () => 0.5,
    patience: startPatience,
  });

  it('is tried again while the database is away, after pauses that grow', async () => {
    const clock = manualClock(0);
    let attempts = 0;
    const opened = createWhenThere(options(clock))(async () => {
      attempts += 1;
      if (attempts < 4) throw away();
      return 'done';
    });
    for (const [pause, before] of [
      [250, 1],
      [500, 2],
      [1000, 3],
    ] as const) {
      await settled();
      expect(attempts).toBe(before);
      clock.advance(pause - 1);
      await settled();
      expect(attempts).toBe(before);
      clock.advance(1);
    }
    expect(await opened).toBe('done');
  });

  it('fails at once for what does not pass by itself', async () => {
    for (const code of ['STORE_REFUSED', 'STORE_NEWER', 'STORE_FOREIGN'] as const) {
      const refused = createWhenThere(options(manualClock(0)))(() => Promise.reject(new StoreError(code, 'no')));
      await expect(refused).rejects.toMatchObject({ code });
    }
  });

  it('fails when the database was away for four minutes', async () => {
    const clock = manualClock(0);
    const opened = createWhenThere(options(clock))(() => Promise.reject(away()));
    const refused = expect(opened).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    while (clock.monotonic() < 240_000) {
      await settled();
      clock.advance(10_000);
    }
    await settled();
    await refused;
    expect(clock.pending()).toEqual([]);
  });
});
