import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** run.ts uses this for `npm run test:nix`. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    include: ['test/nix/**/*.trees.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
});
