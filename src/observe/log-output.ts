import { writeSync } from 'node:fs';
import type { Clock } from '../clock.ts';

export interface LogOutputOptions {
  /** Open for writing; a pipe or socket must be non-blocking, as Node makes its standard streams. */
  fd: number;
  clock: Clock;
  /** Called when the log goes on after this many lines were lost. */
  onResume: (lost: number) => void;
}

export interface LogOutput {
  /** Takes one line, with its line break. Neither waits nor throws. */
  write(line: string): void;
}

/** What is kept, in bytes, for a reader that does not keep up. */
const mostHeld = 256 * 1024;
/** How soon, ms, to try again after a pipe was full. */
const retryPause = 250;

/**
 * Writes the log where a reader may be slow, stuck or gone, or the disk full: the program goes on, keeps a little for a slow reader, counts what
 * is lost, and says so as soon as something can be written again. Not by `process.stderr`: of that a reader that goes away is
 * an error for good, and it keeps without limit what a slow one does not take.
 */
export function createLogOutput({ fd, clock, onResume }: LogOutputOptions): LogOutput {
  let queue: Buffer[] = [];
  let held = 0;
  let lost = 0;
  /** Part of a line was written, and its rest was lost. */
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
    // The line that says so was lost itself.
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
