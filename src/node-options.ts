/** The oldest Node.js of each release line on which the programs run, as for OpenClaw. All later lines work. */
export const oldestNodes = ['24.16', '26.1'] as const;

/**
 * Options of Node.js for the poller.
 *
 * `--disable-sigusr1`: without it a SIGUSR1 would open Node's debugger to the machine. With it Node blocks that signal,
 * so SIGUSR2 is the signal to poll now.
 *
 * A young generation of 8 MB instead of 16 halves the poller's memory under webhooks or a backlog: 120 MB instead of
 * 240. V8 takes this option only at its start.
 *
 * V8 collects the old generation after it has grown by 80 %, not after it has doubled or more. With 256 connections the
 * poller stays at 127 MB instead of 161 and takes as many webhooks a second.
 */
export const pollerNodeOptions: readonly string[] = [
  '--disable-sigusr1',
  '--max-semi-space-size=8',
  '--heap-growing-percent=80',
];

/**
 * The environment of the poller's own process, unless it is set: glibc gives free memory above 1 MB back to the system.
 * Otherwise it keeps what has had an image in it, and the poller stays 30 MB larger. Other libcs do not know it.
 */
export const pollerEnvironment: Readonly<Record<string, string>> = { MALLOC_TRIM_THRESHOLD_: '1048576' };
