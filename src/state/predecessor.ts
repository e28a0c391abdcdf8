/**
 * Under which name a poller works in a store that others share. The next one from the same state directory reads it, and so
 * knows whose claims nobody has any more, without waiting for the end of their leases.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asText, fieldsOf } from '../narrow.ts';
import { readTextFile } from '../text-file.ts';
import { onNetwork } from './directory.ts';
import { stateFiles } from './files.ts';
import type { Lock } from './lock.ts';
import { placeOf } from './place.ts';
import { writePrivateFile } from './private-file.ts';

type Held = Pick<Lock, 'path' | 'displaced'>;

/** What proves that a process has ended: whoever has this lock now took it from that process, by the same kernel. */
interface Proof {
  /** The run of the kernel: another one after each start of the machine, and on another machine. */
  boot: string;
  /** Device and inode of the locked file: another one in a copy of the directory. */
  lock: string;
}

/**
 * Returns the name of the process that had the lock before, where it is certain that it has ended; else null. On a network file
 * system a lock proves nothing.
 *
 * @param lock that of this process
 * @param whyUnsafe returns why the directory's locks prove nothing, or null
 */
export function readPredecessor(dir: string, lock: Held, whyUnsafe = onNetwork): string | null {
  const proof = proofNow(lock);
  if (proof === null || whyUnsafe(dir) !== null) return null;
  try {
    const { name, boot, lock: locked } = fieldsOf(JSON.parse(readTextFile(join(dir, stateFiles.instance))));
    return boot === proof.boot && locked === proof.lock ? asText(name) : null;
  } catch {
    // Without it, others wait for the end of the leases.
    return null;
  }
}

/** Notes the name of this process for the next one. Throws what node:fs throws. */
export function noteInstance(dir: string, lock: Held, name: string): void {
  const proof = proofNow(lock);
  if (proof === null) return;
  // What a loss of power would take away is of another boot then.
  writePrivateFile(join(dir, stateFiles.instance), `${JSON.stringify({ name, ...proof })}\n`, { durable: false });
}

/** Null where the lock's file is not in its place, and where the system does not tell one run of its kernel from another. */
function proofNow({ path, displaced }: Held): Proof | null {
  const lock = placeOf(path);
  // Another process may have locked a file that was put there since.
  if (lock === null || displaced() !== null) return null;
  try {
    return { boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), lock };
  } catch {
    return null;
  }
}
