/** Takes the lock of a state directory, says so, and stays until it is killed: `node lock-holder.ts <state directory>`. */
import { acquireLock } from '../../src/state/lock.ts';

const lock = acquireLock(process.argv[2] ?? '');
process.stdout.write('locked\n');
process.stdin.on('end', () => lock.release()).resume();
