import type { IncomingMessage } from 'node:http';

/** A body, or why there is none: it is longer than allowed, memory was short, or the client went away. */
export type BodyResult = Buffer | 'too-large' | 'overloaded' | 'aborted';

export interface BodyReader {
  /**
   * Calls back exactly once. With `keep: false` the bytes are only counted, and the body is empty. A kept body counts
   * as held until it is released.
   */
  read(request: IncomingMessage, keep: boolean, done: (result: BodyResult) => void): void;
  release(body: Buffer): void;
}

/**
 * Reads bodies of at most `maxBytes`, and holds at most `maxHeldBytes` of all together. Above that, the body that has
 * been arriving for the longest is given up. That is never a client that is only busy.
 */
export function createBodyReader({ maxBytes, maxHeldBytes }: { maxBytes: number; maxHeldBytes: number }): BodyReader {
  const arriving = new Set<() => void>();
  let held = 0;

  return {
    read: (request, keep, done) => {
      let parts: Buffer | null = null;
      let owned = false;
      let length = 0;
      let finished = false;

      const finish = (result: BodyResult) => {
        if (finished) return;
        finished = true;
        arriving.delete(giveUp);
        if (typeof result === 'string' && keep) held -= length;
        parts = null;
        done(result);
      };
      const giveUp = () => finish('overloaded');

      /** Copies into our own buffer from the second chunk on: many tiny chunks must not cost an object each. */
      const append = (chunk: Buffer) => {
        if (parts === null) {
          parts = chunk;
          return;
        }
        const needed = length + chunk.length;
        if (!owned || parts.length < needed) {
          const grown = Buffer.allocUnsafeSlow(Math.max(2 * needed, 4096));
          parts.copy(grown, 0, 0, length);
          parts = grown;
          owned = true;
        }
        chunk.copy(parts, length);
      };

      arriving.add(giveUp);
      request.on('data', (chunk: Buffer) => {
        if (finished) return;
        if (length + chunk.length > maxBytes) return finish('too-large');
        if (keep) {
          append(chunk);
          held += chunk.length;
        }
        length += chunk.length;
        while (held > maxHeldBytes && arriving.size > 0) {
          const [oldest] = arriving;
          oldest?.();
        }
      });
      request.on('end', () => finish(parts === null ? Buffer.alloc(0) : parts.subarray(0, length)));
      request.on('close', () => finish('aborted'));
      // Its only cause is that the client goes away, which 'close' reports.
      request.on('error', () => {});
    },
    release: body => {
      held -= body.length;
    },
  };
}
