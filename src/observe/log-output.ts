import { writeSync } from 'node:fs';
import type { Clock } from '../clock.ts';

export interface LogOutputOptions {
  /** Open for writing. A pipe or socket must be non-blocking, as Node makes its standard streams. */
  fd: number;
  clock: Clock;
  /** Called when the log can be written again, with the number of lines that were lost. */
  onResume: (lost: number) => void;
}

export interface LogOutput {
  /** Writes one line, which has its line break. It neither waits nor throws. */
  write(line: string): void;
}

/** Bytes to keep for a slow reader. */
const mostHeld = 256 * 1024;
/** Milliseconds to wait after a full pipe, before the next attempt. */
const retryPause = 250;

/**
 * Writes the log to a reader that may be slow, stuck or gone, or to a disk that may be full. The program goes on. It
 * keeps a little for a slow reader, counts lost lines, and reports them as soon as it can write again.
 *
 * `process.stderr` cannot do this: it fails for good when its reader goes away, and it buffers without limit for a slow
 * one.
 */
export function createLogOutput({ fd, clock, onResume }: LogOutputOptions): LogOutput {
  let queue: Buffer[] = [];
  let held = 0;
  let lost = 0;
  /** Part of a line was written, and the rest of it was lost. */
  let isCutOff = false;
  let cancelRetry: (() => void) | null = null;

  function drain(): void {
    for (let line = queue[0]; line !== undefined; line = queue[0]) {
      try {
        const written = writeSync(fd, line);
        held -= written;
        isCutOff = written < line.length;
        if (isCutOff) queue[0] = line.subarray(written);
        else queue.shift();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') {
          retryLater();
        } else {
          lost += queue.length;
          queue = [];
          held = 0;
        }
        return;
      }
    }
    if (lost === 0) return;
    const before = lost;
    lost = 0;
    onResume(before);
    // The report of lost lines was itself lost.
    if (lost > 0) lost = before;
  }

  function retryLater(): void {
    cancelRetry ??= clock.after(retryPause, () => {
      cancelRetry = null;
      drain();
    });
  }

  return {
    write: text => {
      const line = Buffer.from(isCutOff && queue.length === 0 ? `\n${text}` : text);
      if (held + line.length > mostHeld) {
        lost += 1;
        return;
      }
      queue.push(line);
      held += line.length;
      if (cancelRetry === null) drain();
    },
  };
}
