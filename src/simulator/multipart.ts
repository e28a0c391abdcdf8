import type { IncomingMessage } from 'node:http';
import { BadRequest } from './http.ts';

export interface PartHead {
  name: string;
  filename: string | null;
  /** As it was declared; null without one. */
  contentType: string | null;
}

/** Bytes of a part's headers, and of a part that is no file. */
const maxHead = 16 * 1024;

/**
 * Reads a multipart form (RFC 7578) piece by piece. `onPart` is called for each part, and the function that it returns with
 * the part's bytes as they come. Throws `BadRequest` for a form that is broken or ends too early.
 */
export async function readMultipart(
  message: IncomingMessage,
  onPart: (head: PartHead) => (bytes: Buffer) => Promise<void> | void,
): Promise<void> {
  const boundary = /^multipart\/form-data;.*\bboundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(
    message.headers['content-type'] ?? '',
  );
  if (!boundary) throw new BadRequest('the body must be multipart/form-data with a boundary');
  const delimiter = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`);
  // The first delimiter has no line end before it.
  let held = Buffer.from('\r\n');
  let take: ((bytes: Buffer) => Promise<void> | void) | null = () => undefined;

  // The connection stays: the answer goes over it.
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      if (take === null) {
        // A part's headers follow, or the end.
        if (held.subarray(0, 2).toString() === '--') return void message.resume();
        const end = held.indexOf('\r\n\r\n');
        if (end < 0 && held.length > maxHead) throw new BadRequest('the headers of a part are too long');
        if (end < 0) break;
        take = onPart(readHead(held.toString('utf8', 0, end)));
        held = held.subarray(end + 4);
      }
      const at = held.indexOf(delimiter);
      const whole = at < 0 ? Math.max(0, held.length - delimiter.length) : at;
      if (whole > 0) await take(held.subarray(0, whole));
      held = held.subarray(at < 0 ? whole : at + delimiter.length);
      if (at < 0) break;
      take = null;
    }
  }
  throw new BadRequest('the form ends before its last boundary');
}

function readHead(text: string): PartHead {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) headers.set(name.toLowerCase(), value);
  }
  const disposition = headers.get('content-disposition') ?? '';
  const name = /;\s*name="([^"]*)"/.exec(disposition)?.[1];
  if (name === undefined) throw new BadRequest('a part has no name');
  const filename = /;\s*filename="([^"]*)"/.exec(disposition)?.[1] ?? null;
  return { name, filename, contentType: headers.get('content-type') ?? null };
}
