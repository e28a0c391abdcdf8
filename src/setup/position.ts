/** The position of a Go bridge, which the first start of the poller takes over. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config/errors.ts';
import { unreadable } from '../config/secrets.ts';
import { stateFiles } from '../state/files.ts';
import { parsePosition } from '../state/last-poll.ts';
import { writePrivateFile } from '../state/private-file.ts';
import { readTextFile } from '../text-file.ts';

/**
 * What is to be done with it.
 *
 * - `none`: there is no file. Polling begins with what arrives after the first start.
 * - `known`: there is an inbox already, which knows its own.
 * - `stays`: it is where the poller looks for it.
 * - `copied`: it is copied there.
 * - `put aside`: the bridge did not poll, so it may be of long ago. It gets the ending `.old`.
 */
export interface PositionPlan {
  action: 'none' | 'known' | 'stays' | 'copied' | 'put aside';
  /** The file that was found; null for none. */
  file: string | null;
  /** Milliseconds since the epoch; null without a file. */
  at: number | null;
}

/**
 * Says what is to be done.
 *
 * @param file where the bridge left its position
 * @param stateDir the state directory of the poller
 * @param polled whether the bridge polled to the end
 * @throws ConfigError for a file that has no position, and for another one in the place of the copy
 */
export function planPosition(
  file: string,
  stateDir: string,
  { polled, named }: { polled: boolean; named: boolean },
): PositionPlan {
  const target = join(stateDir, stateFiles.lastPoll);
  if (existsSync(join(stateDir, stateFiles.inbox))) return { action: 'known', file: null, at: null };
  if (!existsSync(file) && !named) return { action: 'none', file: null, at: null };
  const at = readPosition(file);
  if (!polled && !named) return { action: file === target ? 'put aside' : 'none', file, at };
  if (file === target) return { action: 'stays', file, at };
  if (existsSync(target)) throw refusal(target, 'has another position already; remove the one that does not count');
  return { action: 'copied', file, at };
}

function readPosition(file: string): number {
  let text: string;
  try {
    text = readTextFile(file);
  } catch (error) {
    throw refusal(file, unreadable(error));
  }
  const at = parsePosition(text);
  if (at === null) throw refusal(file, 'has no time such as 2026-03-01T10:00:00Z; it is not the position of a bridge');
  return at;
}

function refusal(file: string, message: string): ConfigError {
  return new ConfigError([{ key: '', file, message }]);
}

/** Does it. Returns what undoes it. Throws what node:fs throws. */
export function takePosition({ action, file, at }: PositionPlan, stateDir: string): () => void {
  const target = join(stateDir, stateFiles.lastPoll);
  if (action === 'put aside' && file !== null) {
    renameSync(file, `${file}.old`);
    return () => renameSync(`${file}.old`, file);
  }
  if (action !== 'copied' || at === null) return () => undefined;
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  writePrivateFile(target, `${new Date(at).toISOString()}\n`, { ownerOfDirectory: true });
  return () => rmSync(target, { force: true });
}
