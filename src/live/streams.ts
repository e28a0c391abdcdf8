import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { scrubbedJson } from '../observe/scrub.ts';
import type { LiveSources } from './sources.ts';

/** Those who follow what happens, a line of JSON for each event. */
export interface Streams {
  open(request: IncomingMessage, response: ServerResponse): void;
  /** Says goodbye to all of them. Resolves when they have it, or after so many milliseconds. */
  end(ms: number): Promise<void>;
}

/** Bytes that may wait for a reader. What comes beyond is left out, and the reader is told how much. */
const mostWaiting = 64 * 1024;
/** Milliseconds after which a reader that takes nothing is let go. */
const patience = 60_000;

export interface StreamsDeps {
  sources: Pick<LiveSources, 'subscribe'>;
  version: string;
  scrub: (text: string) => string;
  clock: Clock;
  /** Streams at a time. */
  most: number;
}

/** The lines: `{"hello"}` first, then `{"seq","at","event"}`, between them `{"leftOut"}`, and `{"bye"}` when the poller stops. */
export function createStreams({ sources, version, scrub, clock, most }: StreamsDeps): Streams {
  const open = new Set<ServerResponse>();
  const lineOf = (value: unknown) => `${scrubbedJson(value, scrub)}\n`;

  function follow(response: ServerResponse): void {
    let leftOut = 0;
    let cancel = () => {};
    const stop = sources.subscribe?.(one => {
      if (response.writableLength > mostWaiting) {
        if (leftOut === 0) cancel = clock.after(patience, () => response.destroy());
        leftOut += 1;
      } else response.write(lineOf(one));
    });
    response.on('drain', () => {
      if (leftOut === 0) return;
      cancel();
      response.write(lineOf({ leftOut }));
      leftOut = 0;
    });
    response.once('close', () => {
      stop?.();
      cancel();
      open.delete(response);
    });
  }

  return {
    open: (request, response) => {
      if (open.size >= most) {
        response.writeHead(503, { 'content-type': 'application/json; charset=utf-8', connection: 'close' });
        response.end(lineOf({ error: `${most} others follow already` }));
        return;
      }
      open.add(response);
      // It may be silent for days.
      request.socket.setTimeout(0);
      response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8', connection: 'close' });
      response.write(lineOf({ hello: { version, at: clock.now() } }));
      follow(response);
    },
    end: async ms => {
      const ended = [...open].map(
        response =>
          new Promise<void>(resolve => {
            const cancel = clock.after(Math.min(ms, 500), () => response.destroy());
            response.once('close', () => {
              cancel();
              resolve();
            });
            response.end(lineOf({ bye: 'the poller stops' }));
          }),
      );
      await Promise.all(ended);
    },
  };
}
