import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, type TestContext } from 'vitest';
import { onNetwork } from '../../src/state/directory.ts';
import { runCli } from '../cli/program.ts';
import { temporaryDirectory } from '../store/fixtures.ts';

/**
 * Mounts a file system of FUSE under this name, which nobody serves: of one that belongs to another user the kernel
 * tells the type by itself.
 */
function mountFuse(context: TestContext, type: string, at: string): void {
  let device: number;
  try {
    device = openSync('/dev/fuse', 'r+');
  } catch (error) {
    context.skip(`there is no FUSE here: ${String(error)}`);
  }
  onTestFinished(() => {
    spawnSync('umount', ['-l', at]);
    closeSync(device);
  });
  const options = ['-i', '-t', type, '-o', 'fd=3,rootmode=40000,user_id=12345,group_id=0', 'none', at];
  const { status, stderr } = spawnSync('mount', options, { stdio: ['ignore', 'ignore', 'pipe', device] });
  if (status !== 0) context.skip(`FUSE cannot be mounted here: ${String(stderr).trim()}`);
}

it('a state directory on a network file system is warned of, with its name', async context => {
  await using above = await temporaryDirectory();
  const dir = join(above.path, 'state');
  mkdirSync(dir);
  mountFuse(context, 'fuse.sshfs', dir);
  expect(onNetwork(dir)).toMatch(/is on a network file system \(sshfs\).*local disk.*KAPSO_STATE_DIR/);
  expect(onNetwork(above.path)).toBeNull();
  spawnSync('umount', ['-l', dir]);
});

it('a local one, and one that is not there, are not warned of', async () => {
  await using dir = await temporaryDirectory();
  expect(onNetwork(dir.path)).toBeNull();
  expect(onNetwork(join(dir.path, 'missing'))).toBeNull();
  const { stdout } = await runCli(['status', '--state-dir', dir.path, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ warnings: [] });
});
