import { UsageError } from '../errors.ts';
import { complain, writeAll } from '../observe/write-all.ts';

/** Where a command reads and writes. */
export interface Terminal {
  /** Standard output: results. */
  out(text: string): void;
  /** Standard error: what went wrong. */
  err(text: string): void;
  /**
   * Reads standard input to its end. Throws a `UsageError` when it is more than `maxBytes` or not UTF-8: nobody's
   * words, and not to be sent to a customer.
   */
  input(maxBytes: number): Promise<string>;
  /** Calls back when the user or the system ends the program; returns the way to stop that. */
  onInterrupt(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
  /** Ends the program at once. */
  exit(code: number): never;
}

/**
 * The process as a terminal. A reader of the output that has gone away (`| head`) is no error. Writes to the file descriptors
 * at once: process.stdout would take a tenth of the time that `send` needs to start.
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
    exit: code => process.exit(code),
  };
}
