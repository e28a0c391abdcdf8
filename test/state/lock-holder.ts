/**
 * Takes the lock of a state directory, notes its name there, says so, and stays until it is killed:
 * `node lock-holder.ts <state directory> [name]`.
 */
import { acquireLock } from '../../src/state/lock.ts';
import { noteInstance } from '../../src/state/predecessor.ts';

const [, , dir = '', name] = process.argv;
const lock = acquireLock(dir);
if (name !== undefined) noteInstance(dir, lock, name);
process.stdout.write('locked\n');
process.stdin.on('end', () => lock.release()).resume();
