import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import type { HttpProxy } from '../../config/proxy.ts';
import type { StoredFile } from '../text-of.ts';

export type TranscribeSettings = Config['transcribe'];

export interface TranscriberOptions {
  /** The present settings. The function is called each time. */
  settings: () => TranscribeSettings;
  /** The state directory. */
  stateDir: string;
  /** Returns the proxy to a service; null for a direct connection. */
  proxyTo: (origin: string) => HttpProxy | null;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
}

/** The transcription of one file. Its settings do not change meanwhile. */
export interface Attempt extends Omit<TranscriberOptions, 'settings'> {
  settings: TranscribeSettings;
  file: StoredFile;
  /** When the time limit is over, by the clock's `monotonic`. */
  endsAt: number;
  /** Aborts with the time limit, too. */
  signal: AbortSignal;
}
