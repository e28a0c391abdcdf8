import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';

/** Milliseconds that the rest of a refused request may still arrive before its connection is closed. */
const lingerFor = 1_000;
/** Bytes of it that are read and discarded. The kernel keeps what is more. */
const lingerBytes = 256 * 1024;

/** Answers a request that has been read to its end. */
export function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: OutgoingHttpHeaders = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/**
 * Answers a request without reading its body, and closes the connection.
 *
 * Closing at once would reset the connection, and a client that is still sending might never see the answer. So the
 * complete answer is sent first. Then a limited rest of the body is discarded for a limited time.
 */
export function rejectEarly(
  request: IncomingMessage,
  response: ServerResponse,
  clock: Clock,
  status: number,
  body: object,
  headers: OutgoingHttpHeaders = {},
): void {
  const closing = { ...headers, connection: 'close' };
  if (request.complete) {
    answer(response, status, body, closing);
    return;
  }
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...closing,
  });
  response.write(text);

  let discarded = 0;
  const end = () => {
    cancel();
    response.end();
  };
  const cancel = clock.after(lingerFor, end);
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > lingerBytes) request.pause();
  });
  request.on('end', end);
  request.on('error', () => {});
  response.on('close', cancel);
}
