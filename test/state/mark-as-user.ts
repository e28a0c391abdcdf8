/** A process of the user of its argument that leaves marks, each at a moment that the test says. It is started by root. */
import { leaveMark } from '../../src/state/send-marks.ts';

const user = Number(process.argv[2]);
process.setgroups?.([]);
process.setgid?.(user);
process.setuid?.(user);

process.on('message', ({ stateDir, at }: { stateDir: string; at: number }) => {
  // Not a wait: those who sleep do not wake at once.
  while (performance.timeOrigin + performance.now() < at);
  leaveMark(stateDir, { account: '1', contact: '+15551234567', begunAt: 1_700_000_000_000 });
  process.send?.('done');
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
