import type { Around } from './coalesce.ts';
import type { Part } from './part.ts';

/** Milliseconds from the start until everything has been done once: a pass, the connection to the gateway, its first status. */
const settled = 10_000;

/** V8's own function, which is there with its option alone; see `--expose-gc` in its source. */
type Collector = (how: { type: 'major'; execution: 'async'; flavor?: 'last-resort' }) => unknown;

let collector: Collector | null = null;

function findCollector(): Collector {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  const { runInNewContext } = process.getBuiltinModule('node:vm');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collector;
}

/**
 * Runs V8's collector over the old generation, in a task of its own. `thoroughly`: also what a first look keeps, such as
 * compiled code that is not used, and V8 gives the emptied pages back to the system. That takes some four times as long.
 */
export function collectGarbage({ thoroughly = false } = {}): void {
  collector ??= findCollector();
  collector({ type: 'major', execution: 'async', ...(thoroughly && { flavor: 'last-resort' }) });
}

/** Milliseconds of processor time in that time from which a program is at work. Its start takes a quarter of a second. */
const atWork = 1000;

/** Milliseconds of processor time that this process has used. */
function timeUsed(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Gives back what the start has left behind: reading the program and the configuration. V8 collects as it allocates, so
 * in a poller with little to do that would stay: 3 MB. One that is at work is left alone until it rests: it would stand still
 * for a tenth of a second, and have to compile anew what it works with.
 */
export function createTidyStart(around: Around, used = timeUsed): Part {
  let cancel = () => {};
  let usedBefore = 0;
  const look = () => {
    const now = used();
    if (now - usedBefore < atWork) return collectGarbage({ thoroughly: true });
    usedBefore = now;
    cancel = around(settled, look);
  };
  return {
    start: () => {
      cancel = around(settled, look);
    },
    stop: () => cancel(),
  };
}
