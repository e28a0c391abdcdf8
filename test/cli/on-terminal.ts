import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { bundle } from './program.ts';

/** A program of the command line on a terminal of its own. */
export interface OnTerminal {
  /** All that the terminal has shown so far. */
  shown(): string;
  /** Resolves when the terminal has shown it since the last answer. Rejects when the program ends before. */
  shows(text: RegExp): Promise<void>;
  /** Types a line, or what else is given, when the terminal shows the question. */
  answer(question: RegExp, line: string): Promise<void>;
  /** Resolves to the exit code. */
  ended: Promise<number>;
}

/** Runs the command line on a terminal (util-linux, `script`). Of this process's environment it gets only what is given. */
export function onTerminal(args: readonly string[], env: Record<string, string>): OnTerminal {
  const command = [process.execPath, bundle, ...args].map(word => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    env: { PATH: process.env.PATH, SHELL: '/bin/sh', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  let from = 0;
  let isOver = false;
  child.stdout.setEncoding('utf8').on('data', text => {
    shown += text;
    child.emit('shown');
  });
  child.once('close', () => {
    isOver = true;
    child.emit('shown');
  });
  child.stdin.on('error', () => undefined);
  const shows = async (text: RegExp) => {
    while (!text.test(shown.slice(from))) {
      if (isOver) throw new Error(`the program ended before it showed ${text}:\n${shown}`);
      await once(child, 'shown');
    }
  };
  return {
    shown: () => shown,
    shows,
    answer: async (question, line) => {
      await shows(question);
      from = shown.length;
      child.stdin.write(line.startsWith('\u0003') ? line : `${line}\r`);
    },
    ended: once(child, 'close').then(([code]) => code as number),
  };
}
