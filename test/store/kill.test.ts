import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { account, heldClock, temporaryDirectory } from './fixtures.ts';

const rounds = 30;

/** Runs the writer and kills it in the middle of its work, when so many lines have come; returns all that came. */
async function writeAndKill(dir: string, prefix: string, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'acknowledging-writer.ts'), dir, prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === lines) child.kill('SIGKILL');
  }
  expect((await ended)[1]).toBe('SIGKILL');
  return acknowledged;
}

it('has everything that it acknowledged after any SIGKILL', { timeout: 120_000 }, async () => {
  await using dir = await temporaryDirectory();
  const expected = new Map<string, string>();
  for (let round = 0; round < rounds; round++) {
    // From within the first group of writes to some rounds later, never at the same place.
    const lines = await writeAndKill(dir.path, `r${round}`, 1 + ((round * 17) % 61));
    let cursor: number | null = null;
    for (const line of lines) {
      const [what = '', of = ''] = line.split(' ');
      if (what === 'cursor') cursor = Number(of);
      else expected.set(of, what);
    }

    const store = await openStore({ dir: dir.path, clock: heldClock() });
    const states = new Map((await store.list({ limit: 1_000_000 })).map(({ id, state }) => [id, state]));
    // The step that the writer was about to report when it died may have happened. A step further is no loss.
    const further: Record<string, string[]> = {
      held: ['held', 'pending'],
      pending: ['pending', 'settled', 'sending', 'failed'],
    };
    for (const [id, state] of expected)
      expect(further[state] ?? [state], `${id} in round ${round}`).toContain(states.get(id));
    if (cursor !== null) expect(await store.cursor(account)).toBeGreaterThanOrEqual(cursor);
    const counted = Object.values((await store.counts()).byState).reduce((sum, n) => sum + n, 0);
    expect(counted).toBe(states.size);
    await store.close();
  }
  expect(expected.size).toBeGreaterThan(rounds * 5);
});
