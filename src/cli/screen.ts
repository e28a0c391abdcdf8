/** Draws on a whole terminal, in the control sequences that all have (ECMA-48, and xterm's second screen). */
import type { Screen } from './terminal.ts';

const sequences = {
  /** The second screen, without a cursor, and without wrapping: a character may be two columns wide. */
  begin: '\u001b[?1049h\u001b[?25l\u001b[?7l',
  end: '\u001b[?7h\u001b[?25h\u001b[?1049l',
  top: '\u001b[H',
  restOfLine: '\u001b[K',
  restOfScreen: '\u001b[J',
};

export interface ScreenOutput {
  /** Draws the status, as much of it as fits, and under it the messages for which there is room. Each line ends with `\n`. */
  draw(page: { status: string; messages: string }): void;
  /** Gives the terminal back as it was. */
  over(): void;
}

export function createScreenOutput(screen: Screen, write: (text: string) => void): ScreenOutput {
  write(sequences.begin);
  return {
    draw: ({ status, messages }) => {
      const { columns, rows } = screen.size();
      const lines = [
        ...linesOf(status).flatMap(line => wrap(line, columns)),
        '',
        ...linesOf(messages).map(line => line.slice(0, columns)),
      ];
      // The last row stays free: a terminal may scroll when it is full.
      const shown = lines.slice(0, rows - 1).map(line => `${line}${sequences.restOfLine}\r\n`);
      write(`${sequences.top}${shown.join('')}${sequences.restOfScreen}`);
    },
    over: () => write(sequences.end),
  };
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}

/** Breaks a line between words. What follows stands under the second column of the line, where there is one. */
export function wrap(line: string, columns: number): string[] {
  const first = /^\S.*?\s{2,}/.exec(line)?.[0].length ?? 0;
  const indent = first < columns / 2 ? first : 0;
  const lines: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const at = rest.lastIndexOf(' ', columns);
    const end = at > indent ? at : columns;
    lines.push(rest.slice(0, end));
    rest = `${' '.repeat(indent)}${rest.slice(end).trimStart()}`;
  }
  return [...lines, rest];
}
