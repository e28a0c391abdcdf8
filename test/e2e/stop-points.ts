import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** See `stop-points.mjs`. */
export const stopPoints = ['run known', 'reply known', 'run leaving', 'reply leaving'] as const;
export type StopPoint = (typeof stopPoints)[number];

export interface StopPoints {
  /** The environment to start the program with. */
  env: Record<string, string>;
  /** Has the program stop at this point, once. */
  arm(point: StopPoint): void;
  /** Whether it has done so. */
  isStopped(): boolean;
}

/** Stops one program at a point of its work, by the file `name` in `dir`. */
export function createStopPoints(dir: string, name: string): StopPoints {
  const file = join(dir, name);
  writeFileSync(file, '');
  return {
    arm(point) {
      writeFileSync(`${file}.new`, point);
      renameSync(`${file}.new`, file);
    },
    isStopped: () => readFileSync(file, 'utf8') === 'stopped',
    env: { STOP_POINT: file, NODE_OPTIONS: `--import=${join(import.meta.dirname, 'stop-points.mjs')}` },
  };
}
