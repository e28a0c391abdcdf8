import { UsageError } from '../errors.ts';
import { complain, writeAll } from '../observe/write-all.ts';

/** Where a command reads and writes. */
export interface Terminal {
  /** Writes results to standard output: text, or the bytes of a file. Returns whether anybody still reads it. */
  out(text: string | Uint8Array): boolean;
  /** Writes errors to standard error. */
  err(text: string): void;
  /**
   * Reads standard input to its end. Throws a `UsageError` when it has more than `maxBytes` or is not UTF-8: then it is
   * no text for a customer.
   */
  input(maxBytes: number): Promise<string>;
  /** Calls back when the user or the system ends the program. Returns a function that stops this. */
  onInterrupt(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
  /** The width of the terminal on which a person reads standard error; null when there is none. */
  width(): number | null;
  /** Whether a person sees standard output. A stranger's bytes must not steer the terminal. */
  outIsSeen(): boolean;
  /** The terminal on which a person sees standard output; null when there is none. */
  screen(): Screen | null;
  /** Ends the program at once. */
  exit(code: number): never;
}

export interface Screen {
  /** Characters in a line, and lines. */
  size(): { columns: number; rows: number };
  /** Calls back when the size has changed. Returns a function that stops this. */
  onResize(listener: () => void): () => void;
}

/**
 * The process as a terminal. A reader of the output that has gone away (`| head`) is no error. It writes to the file
 * descriptors directly: process.stdout would take a tenth of the time that `send` needs to start.
 */
export function createTerminal(process: NodeJS.Process): Terminal {
  return {
    out: text => writeAll(1, text),
    err: complain,
    input: async maxBytes => {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of process.stdin) {
        size += chunk.length;
        if (size > maxBytes) throw new UsageError(`standard input is longer than ${maxBytes} bytes`);
        chunks.push(chunk);
      }
      try {
        return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
      } catch (cause) {
        throw new UsageError('standard input is not UTF-8 text', { cause });
      }
    },
    onInterrupt: listener => {
      process.on('SIGINT', listener).on('SIGTERM', listener);
      return () => process.off('SIGINT', listener).off('SIGTERM', listener);
    },
    width: () => (process.getBuiltinModule('node:tty').isatty(2) ? process.stderr.columns || 80 : null),
    outIsSeen: () => process.getBuiltinModule('node:tty').isatty(1),
    screen: () => (process.getBuiltinModule('node:tty').isatty(1) ? screenOf(process.stdout) : null),
    exit: code => {
      if (code !== 0) leaveLookUps(process, code);
      return process.exit(code);
    },
  };
}

function screenOf(stdout: NodeJS.Process['stdout']): Screen {
  return {
    // Some terminals say that they have no size.
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    onResize: listener => {
      stdout.on('resize', listener);
      return () => stdout.off('resize', listener);
    },
  };
}

/**
 * Ends the process in spite of name look-ups under way. They cannot be cancelled, and `process.exit` waits for them:
 * ten seconds for each name server that does not answer. So this process becomes another program, which ends with the
 * code at once.
 */
function leaveLookUps(process: NodeJS.Process, code: number): void {
  if (!process.execve || !process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap')) return;
  process.execve(process.execPath, [process.execPath, '--eval', `process.exit(${code})`], process.env);
}
