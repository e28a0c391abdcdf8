import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import type { StoredFile } from '../text-of.ts';

export interface TranscriberOptions {
  /** The present settings. The function is called each time. */
  settings: () => Config['transcribe'];
  /** The state directory. */
  stateDir: string;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
}

/** What one way of transcribing needs. */
export interface Attempt extends TranscriberOptions {
  file: StoredFile;
  /** Ends with the time limit, too. */
  signal: AbortSignal;
}
