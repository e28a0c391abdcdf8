import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createStage } from './programs.ts';

/** The bit of a signal in the masks of proc_pid_status(5). */
const bits = { SIGHUP: 1n << 0n, SIGUSR2: 1n << 11n };

function catches(pid: number, bit: bigint): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & bit) !== 0n;
}

// Only Linux shows which signals a process catches.
it.runIf(existsSync('/proc/self/status')).each(['SIGUSR2', 'SIGHUP'] as const)(
  '%s does not end a poller that has not even opened its inbox',
  async signal => {
    const stage = createStage();
    await stage.startKapso();
    await stage.startGateway();
    const poller = stage.poller();
    const ready = poller.start();
    while (!catches(poller.pid, bits[signal])) await nextTurn();
    expect(existsSync(join(stage.stateDir, 'poller.lock'))).toBe(false);
    poller.signal(signal);
    await ready;
    expect(await poller.end()).toMatchObject({ code: 0 });
  },
);
