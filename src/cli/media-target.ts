import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { MediaError } from '../media/errors.ts';
import { openTargetFile, type TargetFile } from './target-file.ts';
import type { Terminal } from './terminal.ts';

/** Opens where a stranger's file goes: a path, or `-` for standard output. Throws a UsageError for what cannot be meant. */
export function openTarget(output: string, { force, terminal }: { force: boolean; terminal: Terminal }): TargetFile {
  if (output === '-') return standardOutput(terminal);
  return openTargetFile(output, { force, failure: (message, cause) => new MediaError('disk', message, { cause }) });
}

/** The whole file first, so that a program which reads it gets all of it or nothing. */
function standardOutput(terminal: Terminal): TargetFile {
  if (terminal.outIsSeen()) {
    throw new UsageError('standard output is a terminal, and the bytes of a stranger could steer it', {
      hint: 'Name a file with -o, or let a program read them: -o - | file -',
    });
  }
  const dir = mkdtempSync(join(tmpdir(), 'kapso-media-'));
  const temporary = join(dir, 'file');
  return {
    temporary,
    keep() {
      const file = openSync(temporary, 'r');
      try {
        const piece = Buffer.alloc(64 * 1024);
        for (let read = readSync(file, piece); read > 0; read = readSync(file, piece))
          terminal.out(piece.subarray(0, read));
      } finally {
        closeSync(file);
      }
    },
    discard: () => rmSync(dir, { recursive: true, force: true }),
  };
}
