/** The oldest Node.js of each release line on which the programs run; all later lines do. The same as OpenClaw's. */
export const oldestNodes = ['24.16', '26.1'] as const;

/**
 * What Node.js is started with for the poller.
 *
 * Without the first, a SIGUSR1 would open Node's debugger to the machine. With it Node leaves that signal blocked, so that nothing can
 * listen to it: we are told to poll by SIGUSR2.
 *
 * A young generation of 8 MB instead of 16: under a load of webhooks or a backlog the poller stays half as big, at 120 MB instead
 * of 240. V8 takes this at its start only.
 *
 * The old generation is collected when it has grown by 80 % and not when it has doubled or more: with 256 connections the poller stays at
 * 127 MB instead of 161, and takes as many webhooks a second.
 */
export const pollerNodeOptions: readonly string[] = [
  '--disable-sigusr1',
  '--max-semi-space-size=8',
  '--heap-growing-percent=80',
];
