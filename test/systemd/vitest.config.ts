import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** run.ts uses this for `npm run test:systemd`. One container at a time: they share ports. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/systemd/**/*.systemd.ts'],
    fileParallelism: false,
    // Fifty restarts under load on a small machine.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    pool: 'forks',
  },
});
