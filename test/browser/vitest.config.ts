import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** `npm run test:page`: the pages in a real Chromium (Debian's package `chromium`, or the program that `CHROMIUM` names). */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/build-once.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // What follows a failure would only wait for what does not come.
    bail: 1,
  },
});
