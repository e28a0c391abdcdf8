import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KillPoints {
  /** The environment to start the program with. */
  env: Record<string, string>;
  /** Has the program end at this step from now on, counted from 1; see `kill-points.mjs`. 0: at none. */
  arm(step: number): void;
}

/** Ends one program at a step of its choice, by the file `name` in `dir`. */
export function createKillPoints(dir: string, name: string): KillPoints {
  const file = join(dir, name);
  let orders = 0;
  const arm = (step: number) => {
    orders += 1;
    writeFileSync(`${file}.new`, `order${orders} ${step}`);
    renameSync(`${file}.new`, file);
  };
  arm(0);
  return {
    arm,
    env: { KILL_POINTS: file, NODE_OPTIONS: `--import=${join(import.meta.dirname, 'kill-points.mjs')}` },
  };
}
