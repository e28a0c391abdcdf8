import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
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
