import { spawnSync } from 'node:child_process';
import { test } from 'vitest';

const isInstalled = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Returns a test that is skipped, and says why, where one of these programs is not installed. */
export function testWith(...programs: string[]) {
  const missing = programs.filter(program => !isInstalled(program));
  const reason = missing.length > 0 ? ` (skipped: ${missing.join(', ')} is not installed)` : '';
  return (title: string, run: () => Promise<void> | void, timeout?: number) =>
    test.skipIf(missing.length > 0)(`${title}${reason}`, run, timeout);
}
