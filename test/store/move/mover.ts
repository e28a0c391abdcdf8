/**
 * Moves an inbox, and is killed before a call of its sides: `mover.ts DIRECTORY DATABASE TO CALLS NUMBER`. CALLS is `any`, or
 * `edges` to count only those that begin and end something. It ends with 0 when it was done before.
 */
import { systemClock } from '../../../src/clock.ts';
import { acquireLock } from '../../../src/state/lock.ts';
import { moveInbox } from '../../../src/store/move/move.ts';
import type { MoveSide } from '../../../src/store/moving.ts';
import { openDatabaseSide } from '../../../src/store/postgres/move-side.ts';
import { openFileSide } from '../../../src/store/sqlite/move-side.ts';
import { movedTables } from '../../../src/store/sqlite/moved-tables.ts';

const [dir = '', url = '', to = '', calls = '', killAt = ''] = process.argv.slice(2);
const edges = ['lock', 'commit', 'setMark', 'empty', 'goOnAfter'];
let counted = 0;

/** Counts the calls of both sides, and kills this process right before one. */
function mortal(side: MoveSide): MoveSide {
  return new Proxy(side, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (calls === 'any' || edges.includes(String(name))) counted += 1;
        if (counted === Number(killAt)) process.kill(process.pid, 'SIGKILL');
        return value.apply(target, args);
      };
    },
  });
}

const lock = acquireLock(dir);
const tables = movedTables();
const file = mortal(openFileSide(dir, { role: to === 'sqlite' ? 'target' : 'source', readOnly: false }));
const database = mortal(
  await openDatabaseSide({ url, readOnly: false, tables, clock: systemClock, random: Math.random }),
);
const [source, target] = to === 'sqlite' ? [database, file] : [file, database];
const { sha256, kept } = await moveInbox({
  ...{ source, target, tables, clock: systemClock },
  signal: new AbortController().signal,
  onProgress: () => {},
});
console.log(JSON.stringify({ sha256, kept }));
for (const side of [source, target]) await side.close();
lock.release();
