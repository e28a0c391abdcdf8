import type { Clock } from '../clock.ts';
import type { KapsoError } from '../kapso/http/errors.ts';
import { createScrub } from '../observe/scrub.ts';
import { escapeControls } from '../printable.ts';
import type { Terminal } from './terminal.ts';

/** Shows a person that a send still goes on. The line is erased at the end. Without a terminal nothing is shown. */
export interface WaitingLine {
  /** `to` is the recipient. */
  begin(to: string): void;
  /** Begins the upload of a file instead. `part` says how much of it has gone, from 0 to 1. */
  beginUpload(name: string, part: () => number): void;
  /** Says why the send takes so long, and what is done about it. */
  because(cause: KapsoError, next: 'repeat' | 'look up'): void;
  /** Erases the line. */
  end(): void;
}

/** Milliseconds until the line appears, and between two updates. */
const beat = 1000;

export function createWaitingLine(deps: {
  terminal: Pick<Terminal, 'err' | 'width'>;
  clock: Clock;
  secrets: Iterable<string>;
}): WaitingLine {
  const { terminal, clock } = deps;
  let cancel = () => {};
  let begun = 0;
  let doing = () => '';
  let why = '';
  let shown = 0;

  function tick(): void {
    const width = terminal.width();
    if (width === null) return;
    const seconds = Math.round((clock.monotonic() - begun) / 1000);
    // A wrapped line could not be erased.
    const line = `${doing()}… ${seconds} s${why}`.slice(0, width - 1);
    terminal.err(`\r${line.padEnd(shown)}`);
    shown = line.length;
    cancel = clock.after(beat, tick);
  }

  function begin(what: () => string): void {
    doing = what;
    begun = clock.monotonic();
    why = '';
    cancel = clock.after(beat, tick);
  }

  return {
    begin: to => begin(() => `Sending to ${to}`),
    beginUpload: (name, part) => begin(() => `Uploading ${escapeControls(name)}: ${Math.floor(100 * part())} %`),
    because: (cause, next) => {
      const message = escapeControls(createScrub(deps.secrets)(cause.message));
      why = `: ${message}; ${next === 'repeat' ? 'trying again' : 'looking whether it was sent'}`;
    },
    end: () => {
      cancel();
      cancel = () => {};
      if (shown > 0) terminal.err(`\r${' '.repeat(shown)}\r`);
      shown = 0;
    },
  };
}
