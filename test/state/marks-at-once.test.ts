import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';

test('the first sends of all leave their marks, also at the same moment', async () => {
  const threads = 2;
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./mark-at-once.ts', import.meta.url), { workerData: { gate, threads } }),
  );
  onTestFinished(() => Promise.all(workers.map(worker => worker.terminate())).then(() => undefined));
  for (let round = 1; round <= 200; round += 1) {
    const stateDir = mkdtempSync(join(tmpdir(), 'kapso-marks-'));
    onTestFinished(() => rmSync(stateDir, { recursive: true }));
    const done = workers.map(worker => once(worker, 'message'));
    for (const worker of workers) worker.postMessage({ stateDir, round });
    await Promise.all(done);
    expect(readdirSync(join(stateDir, 'sends')), `round ${round}`).toHaveLength(threads);
  }
});

test.runIf(process.getuid?.() === 0)(
  "root and the poller's user leave theirs also at the same moment, and the directory is the user's",
  async () => {
    const user = 65_534;
    const program = new URL('./mark-as-user.ts', import.meta.url);
    const children = [0, user].map(uid => fork(program, [String(uid)], { execArgv: [] }));
    onTestFinished(() => {
      for (const child of children) child.disconnect();
    });
    await Promise.all(children.map(child => once(child, 'message')));
    for (let round = 1; round <= 300; round += 1) {
      const stateDir = mkdtempSync(join(tmpdir(), 'kapso-marks-'));
      onTestFinished(() => rmSync(stateDir, { recursive: true }));
      chownSync(stateDir, user, user);
      const done = children.map(child => once(child, 'message'));
      const at = performance.timeOrigin + performance.now() + 2 + (round % 10) / 20;
      // The user comes a little later than root, by another moment each time.
      for (const [index, child] of children.entries()) child.send({ stateDir, at: at + (index * (round % 30)) / 100 });
      await Promise.all(done);
      expect(readdirSync(stateDir), `round ${round}`).toEqual(['sends']);
      expect(readdirSync(join(stateDir, 'sends')), `round ${round}`).toHaveLength(children.length);
      expect(statSync(join(stateDir, 'sends'))).toMatchObject({ uid: user, gid: user });
    }
  },
);
