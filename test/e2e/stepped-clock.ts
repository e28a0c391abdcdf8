import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SteppedClock {
  /** The environment to start the program with. */
  env: Record<string, string>;
  /** Sets the program's time of day to this many milliseconds from the machine's, as NTP or an operator does. */
  set(offset: number): void;
}

/** Gives one program a time of day of its own, by the file `name` in `dir`. */
export function createSteppedClock(dir: string, name: string): SteppedClock {
  const file = join(dir, name);
  const set = (offset: number) => {
    writeFileSync(`${file}.new`, String(Math.round(offset)));
    renameSync(`${file}.new`, file);
  };
  set(0);
  return {
    set,
    env: { CLOCK_OFFSET_FILE: file, NODE_OPTIONS: `--import=${join(import.meta.dirname, 'stepped-clock.mjs')}` },
  };
}
