/** Real programs that tests run on real files, where they are installed. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'vitest';

const patience = 120_000;

/** Runs the test where the programs are installed. Elsewhere its title says what to install. */
export function withPrograms(
  programs: Readonly<Record<string, string>>,
  title: string,
  run: () => Promise<void>,
): void {
  const paths = (process.env.PATH ?? '').split(delimiter);
  const missing = Object.entries(programs).filter(([name]) => !paths.some(path => existsSync(join(path, name))));
  const reason = ` (skipped: apt-get install ${missing.map(([, name]) => name).join(' ')})`;
  test.skipIf(missing.length > 0)(missing.length > 0 ? title + reason : title, { timeout: patience }, run);
}

export const speech = {
  'espeak-ng': 'espeak-ng',
  ffmpeg: 'ffmpeg',
  pocketsphinx_continuous: 'pocketsphinx pocketsphinx-en-us',
};

/** What the recogniser listens for: a model for free speech would not fit into a test. */
const grammar = `#JSGF V1.0;
grammar orders;
public <order> = (open | close | lock) the (door | window | garden gate) [in the (morning | evening)];
`;

/** The words that run the recogniser. */
export function recogniser(dir: string): string[] {
  const jsgf = join(dir, 'orders.jsgf');
  writeFileSync(jsgf, grammar);
  return ['pocketsphinx_continuous', '-infile', '{wav}', '-jsgf', jsgf, '-logfn', '/dev/null'];
}

/** Speaks, and makes of it a voice note in the form of WhatsApp's: Ogg with Opus, one channel. */
export function voiceNote(dir: string, words: string): string {
  const wav = join(dir, 'spoken.wav');
  const note = join(dir, 'note.ogg');
  execFileSync('espeak-ng', ['-v', 'en-us', '-s', '130', '-w', wav, words]);
  execFileSync('ffmpeg', ['-loglevel', 'error', '-y', '-i', wav, '-ac', '1', '-c:a', 'libopus', '-b:a', '16k', note]);
  return note;
}
