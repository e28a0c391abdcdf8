/** What is kept of alerts over restarts: which were told and are not over, and which are yet to be given. */
import { join } from 'node:path';
import { asList, asNumber, asRecord, asString } from '../narrow.ts';
import type { Incident } from '../problems/incidents.ts';
import { isProblemCode } from '../problems/table.ts';
import { stateFiles } from '../state/files.ts';
import { writePrivateFile } from '../state/private-file.ts';
import { readTextFile } from '../text-file.ts';
import type { Note, Pending } from './note.ts';

export interface Kept {
  incidents: readonly Incident[];
  pending: readonly Pending[];
}

const nothing: Kept = { incidents: [], pending: [] };
/** More bytes than the file ever has. */
const mostBytes = 1024 * 1024;

export function keptFile(dir: string): string {
  return join(dir, stateFiles.alerts);
}

/**
 * Reads what an earlier process kept, of any version. What cannot be understood is left out, and told anew.
 *
 * @throws FileError, or what node:fs throws, unless there is no file
 */
export function readKept(dir: string): Kept {
  let text: string;
  try {
    text = readTextFile(keptFile(dir), mostBytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return nothing;
    throw error;
  }
  return readKeptText(text);
}

/** The same of a text. */
export function readKeptText(text: string): Kept {
  let file: ReturnType<typeof asRecord>;
  try {
    file = asRecord(JSON.parse(text));
  } catch {
    return nothing;
  }
  return {
    incidents: asList(file?.incidents).flatMap(one => readIncident(one) ?? []),
    pending: asList(file?.pending).flatMap(one => readPending(one) ?? []),
  };
}

/** Writes it. It is on disk before this returns. Throws what node:fs throws. */
export function writeKept(dir: string, kept: Kept): void {
  writePrivateFile(keptFile(dir), `${writeKeptText(kept)}\n`);
}

export function writeKeptText(kept: Kept): string {
  return JSON.stringify({ v: 1, ...kept });
}

function readIncident(value: unknown): Incident | null {
  const { code, account, says, hint, count, since, grewAt, newsAt, toldAt } = asRecord(value) ?? {};
  const [began, grew, news, number] = [asNumber(since), asNumber(grewAt), asNumber(newsAt), asNumber(count)];
  if (!isProblemCode(code) || began === null || grew === null || news === null || number === null) return null;
  const words = { says: asString(says) ?? '', hint: asString(hint) };
  return {
    code,
    ...ofAccount(account),
    ...words,
    count: number,
    since: began,
    grewAt: grew,
    newsAt: news,
    toldAt: asNumber(toldAt),
  };
}

function ofAccount(value: unknown): { account?: string } {
  const account = asString(value);
  return account === null ? {} : { account };
}

function readPending(value: unknown): Pending | null {
  const { id, way, tries, note } = asRecord(value) ?? {};
  const name = asString(id);
  const kept = readNote(note);
  if (name === null || kept === null || (way !== 'command' && way !== 'whatsapp')) return null;
  return { id: name, way, tries: asNumber(tries) ?? 0, note: kept };
}

function readNote(value: unknown): Note | null {
  const { state, code, account, instance, says, todo, guide, count, since, at } = asRecord(value) ?? {};
  const [name, sentence, began, told] = [asString(code), asString(says), asNumber(since), asNumber(at)];
  if (state !== 'problem' && state !== 'over') return null;
  if (name === null || sentence === null || began === null || told === null) return null;
  const where = asString(instance);
  const rest = {
    ...(where !== null && { instance: where }),
    todo: asString(todo),
    guide: asString(guide) ?? '',
    count: asNumber(count) ?? 1,
  };
  return { state, code: name, ...ofAccount(account), says: sentence, ...rest, since: began, at: told };
}
