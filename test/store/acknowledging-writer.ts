/**
 * Works on an inbox until it is killed, and writes a line for every change that was reported to be on disk: `node
 * acknowledging-writer.ts <state directory> <prefix> [<address of a database>]`.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/open.ts';
import { account, entry } from './fixtures.ts';

const [dir = '', prefix = '', database] = process.argv.slice(2);
const store = await openStore({ dir, clock: systemClock, database: database || undefined });

/** Writes directly into the pipe. A line that the process still buffers when it dies would hide a loss. */
function acknowledge(line: string): void {
  writeSync(1, `${line}\n`);
}

for (let round = 0; ; round++) {
  const id = (n: number) => `${prefix}-${round}-${n}`;
  const arrivals = Array.from({ length: 8 }, (_, n) =>
    store.accept([entry(id(n), { lane: `lane${n}` })]).then(() => acknowledge(`pending ${id(n)}`)),
  );
  await Promise.all(arrivals);
  await Promise.all([
    store.settle(id(0), 'done').then(() => acknowledge(`settled ${id(0)}`)),
    store.begin(id(1), { runKey: id(1), runNumber: 1 }).then(() => acknowledge(`sending ${id(1)}`)),
    store.fail(id(2), 'reason').then(() => acknowledge(`failed ${id(2)}`)),
  ]);
  await store.hold(account, [entry(id(8)), entry(id(9))]);
  acknowledge(`held ${id(8)}`);
  await store.endPass(account, { entries: [entry(id(10))], newestFirst: true, cursor: round });
  acknowledge(`cursor ${round}`);
  for (const n of [8, 9, 10]) acknowledge(`pending ${id(n)}`);
}
