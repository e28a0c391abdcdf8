/** A thread that leaves marks, each when the others do. */
import { parentPort, workerData } from 'node:worker_threads';
import { leaveMark } from '../../src/state/send-marks.ts';

const { gate, threads } = workerData as { gate: Int32Array; threads: number };

parentPort?.on('message', ({ stateDir, round }: { stateDir: string; round: number }) => {
  Atomics.add(gate, 0, 1);
  // Not a wait: those who sleep do not wake at once.
  while (Atomics.load(gate, 0) < round * threads);
  leaveMark(stateDir, { account: '1', contact: '+15551234567', begunAt: 1_700_000_000_000 });
  parentPort?.postMessage('done');
});
