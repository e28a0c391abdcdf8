import { spawnSync } from 'node:child_process';
import { onTestFinished, type TestContext } from 'vitest';

/**
 * Mounts a file system of its own on a directory until the test is over. `size`: as mount(8) takes it for a tmpfs, such
 * as `40m`. Where that is not permitted, it skips the test, and says why.
 */
export function mountSmallDisk(context: TestContext, dir: string, size: string): void {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', dir], {
    encoding: 'utf8',
  });
  if (mounted.status !== 0) {
    context.skip(`a small file system cannot be mounted here: ${mounted.error?.message ?? mounted.stderr}`);
  }
  onTestFinished(() => {
    spawnSync('umount', ['-l', dir]);
  });
}
