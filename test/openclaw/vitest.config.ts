import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** `npm run test:openclaw`: against a real gateway, one file after the other. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/openclaw/**/*.test.ts'],
    globalSetup: ['test/build-once.ts'],
    fileParallelism: false,
    // A gateway takes up to twenty seconds to start on a small machine, and some tests restart it. The first run installs it.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    pool: 'forks',
  },
});
