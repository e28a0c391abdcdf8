import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { entries, fill } from './filled.ts';
import { describeMoves, type MoveStage } from './move-stage.ts';

describeMoves('a move that is killed', stage => {
  const { move, openFile, openShared } = stage;

  test.each(['postgresql', 'sqlite'] as const)(
    'killed at any moment on the way to %s, the source is whole, never two are in use, and nothing is doubled',
    { timeout: 300_000 },
    async to => {
      await fill(stage.dir);
      const from = to === 'sqlite' ? 'postgresql' : 'sqlite';
      // Once there and back, so that the digest is known.
      const { sha256 } = await move('postgresql');
      if (to === 'postgresql') await move('sqlite');
      const [openSource, openTarget] = to === 'sqlite' ? [openShared, openFile] : [openFile, openShared];
      for (const { calls, every } of [
        { calls: 'any', every: 29 },
        { calls: 'edges', every: 1 },
      ]) {
        let between = 0;
        for (let number = 1; ; number += every) {
          const ended = moveAndDie(to, calls, number);
          if (ended.done !== null) {
            // The last attempt found what those before had copied.
            expect(ended.done).toMatchObject({ sha256, kept: expect.any(Number) });
            expect(ended.done.kept).toBeGreaterThan(entries);
            break;
          }
          expect([ended.signal, ended.stderr]).toEqual(['SIGKILL', '']);
          const inUseNow = [await inUse(openSource), await inUse(openTarget)];
          expect(inUseNow).not.toEqual([true, true]);
          if (!inUseNow.includes(true)) between += 1;
        }
        // From the mark of the source to the end of that of the target.
        expect(between).toBeLessThanOrEqual(4);
        expect([await inUse(openSource), await inUse(openTarget)]).toEqual([false, true]);
        await move(from);
      }
    },
  );

  function moveAndDie(to: string, calls: string, number: number) {
    const words = [join(import.meta.dirname, 'mover.ts'), stage.dir, stage.database, to, calls, String(number)];
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    return { done: status === 0 ? (JSON.parse(stdout) as { sha256: string; kept: number }) : null, signal, stderr };
  }

  /** Whether an inbox with something in it can be opened. */
  async function inUse(open: MoveStage['openFile']): Promise<boolean> {
    try {
      const store = await open(true);
      const { byState } = await store.counts();
      await store.close();
      return byState.settled > 0;
    } catch (error) {
      expect(['STORE_MOVED', 'STORE_MISSING']).toContain((error as { code: string }).code);
      return false;
    }
  }
});
