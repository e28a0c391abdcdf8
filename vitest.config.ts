import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/openclaw/**', 'node_modules/**'],
    globalSetup: ['test/build-once.ts'],
    // Real processes, sockets and disks on a small machine: a limit that only a hang reaches.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // By itself vitest leaves one processor free, which on two of them doubles the time.
    maxWorkers: '100%',
    restoreMocks: true,
  },
});
