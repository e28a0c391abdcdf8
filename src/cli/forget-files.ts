/** The files in the state directory that are a contact's. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { keyOf } from '../domain/identity.ts';
import { readContent } from '../domain/outgoing-body.ts';
import { createMediaFiles } from '../media/files.ts';
import { stateFiles } from '../state/files.ts';
import { forgetMarksOf } from '../state/send-marks.ts';
import type { Footprint } from '../store/forgetting.ts';

export interface PersonalFiles {
  /** Received files, and copies of files that were sent. */
  media: number;
  /** What sends of the last day have left. */
  marks: number;
  /** The whole cache of transcripts, where the contact has sent audio: its files name nobody. */
  transcripts: number;
}

/** Finds the files of a contact, and removes them. `remove: false` only counts them. */
export async function forgetFiles(
  dir: string,
  found: Footprint,
  { remove }: { remove: boolean },
): Promise<PersonalFiles> {
  const received = createMediaFiles({
    dir: join(dir, stateFiles.media),
    clock: systemClock,
    most: () => Number.POSITIVE_INFINITY,
    whenFull: 'refuse',
  });
  let media = 0;
  for (const { id } of found.entries) {
    if ((await received.find(id)) !== null) media += 1;
    if (remove) await received.forget(id);
  }
  for (const key of new Set(found.outgoing.flatMap(({ body }) => copyOf(body) ?? []))) {
    const copy = join(dir, stateFiles.outgoing, key);
    if (existsSync(copy)) media += 1;
    if (remove) rmSync(copy, { recursive: true, force: true });
  }
  const names = new Set([found.contact, ...found.identities]);
  const marks = forgetMarksOf(dir, ({ account, contact }) => account === found.account && names.has(keyOf(contact)), {
    remove,
  });
  return { media, marks, transcripts: found.voices === 0 ? 0 : clearTranscripts(dir, remove) };
}

/** The name of the directory of an outgoing file's copy; null for what has none. */
function copyOf(body: string): string | null {
  const content = readContent(body);
  if (content?.kind !== 'media' || !('file' in content.source)) return null;
  const form = new RegExp(`/${stateFiles.outgoing}/([0-9a-f]{24})/[^/]+$`);
  return form.exec(content.source.file.path)?.[1] ?? null;
}

function clearTranscripts(dir: string, remove: boolean): number {
  const place = join(dir, stateFiles.transcripts);
  if (!existsSync(place)) return 0;
  const names = readdirSync(place).filter(name => name.endsWith('.txt'));
  if (remove) for (const name of names) rmSync(join(place, name), { force: true });
  return names.length;
}
