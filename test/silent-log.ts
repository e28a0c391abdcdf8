import type { Log } from '../src/observe/log.ts';

/** For tests that look at what happens, not at what is said of it. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
