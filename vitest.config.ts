import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/long-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/openclaw/**', 'test/browser/**', 'node_modules/**'],
    globalSetup: ['test/build-once.ts'],
    // Real processes, sockets and disks on a small machine: a limit that only a hang reaches.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Tests of processes wait for half of the time: for disks, timers and one another.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    sequence: { sequencer: LongFirst },
    restoreMocks: true,
  },
});
