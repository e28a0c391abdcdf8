import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import type { StorePlace } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { account } from './fixtures.ts';

/** Runs the writer and kills it in the middle of its work, when so many lines have come; returns all that came. */
export async function writeAndKill(
  { dir, database = '' }: StorePlace,
  prefix: string,
  lines: number,
): Promise<string[]> {
  const program = join(import.meta.dirname, 'acknowledging-writer.ts');
  const child = spawn(process.execPath, [program, dir, prefix, database], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === lines) child.kill('SIGKILL');
  }
  expect((await ended)[1]).toBe('SIGKILL');
  return acknowledged;
}

/** The step that the writer was about to report when it died may have happened. A step further is no loss. */
const further: Record<string, string[]> = {
  held: ['held', 'pending'],
  pending: ['pending', 'settled', 'sending', 'failed'],
};

/** What a store must have of all that was acknowledged. */
export interface Acknowledged {
  /** How many entries there are. */
  readonly size: number;
  add(lines: readonly string[]): void;
  /** Checks that a store has all of it. */
  expectIn(store: Store, when: string): Promise<void>;
}

export function createAcknowledged(): Acknowledged {
  const states = new Map<string, string>();
  let cursor: number | null = null;
  return {
    get size() {
      return states.size;
    },
    add(lines) {
      cursor = null;
      for (const line of lines) {
        const [what = '', of = ''] = line.split(' ');
        if (what === 'cursor') cursor = Number(of);
        else states.set(of, what);
      }
    },
    async expectIn(store, when) {
      const found = new Map((await store.list({ limit: 1_000_000 })).map(({ id, state }) => [id, state]));
      for (const [id, state] of states) expect(further[state] ?? [state], `${id} ${when}`).toContain(found.get(id));
      if (cursor !== null) expect(await store.cursor(account)).toBeGreaterThanOrEqual(cursor);
      const counted = Object.values((await store.counts()).byState).reduce((sum, n) => sum + n, 0);
      expect(counted).toBe(found.size);
    },
  };
}
