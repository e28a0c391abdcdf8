/**
 * What each `kapso-whatsapp-cli send` leaves in the state directory: a small file that says to whom it sends and what
 * became of it. The poller reads it to know whether an agent has answered a message itself. It has no text and no
 * secret.
 */
import {
  closeSync,
  constants,
  fchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { asList, asNumber, asText, fieldsOf } from '../narrow.ts';
import { stateFiles } from './files.ts';
import { writePrivateFile } from './private-file.ts';

export interface SendMark {
  /** The business number that it sends from: Meta's `phone_number_id`. */
  account: string;
  /** `+` and canonical digits, a business-scoped user id, or a group's address. */
  contact: string;
  /** The process of the send. */
  pid: number;
  /** Milliseconds since the epoch. */
  begunAt: number;
  /** `failed`: nothing was sent but the messages in `ids`. `unknown`: one more may have been. */
  state: 'sending' | 'sent' | 'failed' | 'unknown';
  /** WhatsApp's ids of the messages that were sent. */
  ids: string[];
}

/** Bytes of a mark: it may have the ids of a hundred parts. */
const largest = 32_768;
/** Milliseconds for which a mark is of use to anybody. */
const keptFor = 86_400_000;
/** Milliseconds. No send takes longer: a process with the same id is then another one. */
const longestSend = 30 * 60_000;

export type KeepMark = (end: Pick<SendMark, 'state' | 'ids'>) => void;

/**
 * Writes the mark of a send that begins, and returns what completes it. Where the state directory is not there, or may
 * not be written (another user, another machine), no mark is left, and nothing is said: the send matters more.
 */
export function leaveMark(stateDir: string, send: Pick<SendMark, 'account' | 'contact' | 'begunAt'>): KeepMark {
  const dir = join(stateDir, stateFiles.sends);
  const { pid } = process;
  // Unique: two sends of one process, or of a process id in two containers, do not meet.
  const path = join(dir, `${send.begunAt.toString(36)}-${pid}-${process.hrtime.bigint().toString(36)}`);
  const write: KeepMark = end => {
    const mark: SendMark = { ...send, pid, ...end };
    writePrivateFile(path, JSON.stringify(mark), { durable: false, ownerOfDirectory: true });
  };
  let writable = true;
  const unlessInVain = (work: () => void) => {
    try {
      if (writable) work();
    } catch {
      writable = false;
    }
  };
  unlessInVain(() => beginIn(stateDir, dir, () => write({ state: 'sending', ids: [] })));
  return end => unlessInVain(() => write(end));
}

/** Does the first work in the directory of the marks. While that is empty, root may replace it; see `makeForOwner`. */
function beginIn(stateDir: string, dir: string, work: () => void): void {
  for (let left = 3; ; left -= 1) {
    try {
      makeDirectory(stateDir, dir);
      work();
      return;
    } catch (error) {
      if (left === 0 || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** Makes the directory of the marks for the owner of the state directory. Throws what node:fs throws. */
function makeDirectory(stateDir: string, dir: string): void {
  const found = lstatSync(dir, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  // A link there could lead root's writes elsewhere.
  if (found !== undefined) throw new Error(`${dir} is no directory`);
  try {
    if (process.getuid?.() === 0) makeForOwner(stateDir, dir);
    else mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // Another send has made it at the same moment.
    if (lstatSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
    throw error;
  }
}

/** It gets its name when it is the owner's: until then the owner could not write to it. An empty one in its place gives way. */
function makeForOwner(stateDir: string, dir: string): void {
  const { uid, gid } = statSync(stateDir);
  const made = mkdtempSync(`${dir}-`);
  try {
    const handle = openSync(made, constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      // The owner may have put something else of root's there at this moment. What is handed over is empty at least.
      if (readdirSync(process.platform === 'linux' ? `/proc/self/fd/${handle}` : made).length > 0)
        throw new Error(`${made} was replaced`);
      fchownSync(handle, uid, gid);
    } finally {
      closeSync(handle);
    }
    renameSync(made, dir);
  } catch (error) {
    rmdirSync(made);
    throw error;
  }
}

/** Reads the marks of sends that began from `since` on, in milliseconds since the epoch. */
export function readMarks(stateDir: string, { since }: { since: number }): SendMark[] {
  // A name that begins with an older time needs no reading.
  return marksIn(stateDir).flatMap(({ path, begunAt }) => (begunAt >= since ? (readMark(path) ?? []) : []));
}

/** Removes the marks that are of no use to anybody any more. */
export function forgetMarks(stateDir: string, now: number): void {
  for (const { path, begunAt } of marksIn(stateDir)) if (begunAt < now - keptFor) remove(path);
  forgetUnfinished(stateDir);
}

/** Removes what root's first send leaves where it is killed before its directory has its name. One under way tries again. */
function forgetUnfinished(stateDir: string): void {
  const unfinished = new RegExp(`^${stateFiles.sends}-\\w{6}$`);
  try {
    for (const name of readdirSync(stateDir)) if (unfinished.test(name)) rmdirSync(join(stateDir, name));
  } catch {
    // It is in use, or not ours to remove.
  }
}

/** Removes the marks of sends to somebody. Returns how many. `remove: false` only counts them. */
export function forgetMarksOf(
  stateDir: string,
  isTheirs: (mark: SendMark) => boolean,
  how: { remove: boolean },
): number {
  const theirs = marksIn(stateDir).filter(({ path }) => {
    const mark = readMark(path);
    return mark !== null && isTheirs(mark);
  });
  if (how.remove) for (const { path } of theirs) remove(path);
  return theirs.length;
}

function marksIn(stateDir: string): { path: string; begunAt: number }[] {
  const dir = join(stateDir, stateFiles.sends);
  try {
    return readdirSync(dir).flatMap(name => {
      const begunAt = /^([0-9a-z]{6,9})-\d+-/.exec(name)?.[1];
      return begunAt === undefined ? [] : [{ path: join(dir, name), begunAt: Number.parseInt(begunAt, 36) }];
    });
  } catch {
    return [];
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone already, or is not ours to remove.
  }
}

function readMark(path: string): SendMark | null {
  try {
    const entry = lstatSync(path);
    if (!entry.isFile() || entry.size > largest) return null;
    const mark = fieldsOf(JSON.parse(readFileSync(path, 'utf8')));
    const [account, contact] = [asText(mark.account), asText(mark.contact)];
    const [pid, begunAt] = [asNumber(mark.pid), asNumber(mark.begunAt)];
    const state = (['sending', 'sent', 'failed', 'unknown'] as const).find(one => one === mark.state);
    if (account === null || contact === null || pid === null || begunAt === null || state === undefined) return null;
    return { account, contact, pid, begunAt, state, ids: asList(mark.ids).filter(id => typeof id === 'string') };
  } catch {
    return null;
  }
}

/** Whether the process of a send that has no end yet is still there. */
export function isUnderWay({ state, pid, begunAt }: SendMark, now: number): boolean {
  if (state !== 'sending' || now - begunAt > longestSend) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
