import { connect } from 'node:net';

export interface RawConnection {
  /** Sends one request and resolves to the status of its answer; one at a time. Rejects when the connection ends first. */
  request(bytes: Buffer): Promise<number>;
  close(): void;
}

const endOfHead = Buffer.from('\r\n\r\n');

/** HTTP/1.1 on a bare socket: an HTTP client would cost more than the measured server. */
export async function openConnection(port: number): Promise<RawConnection> {
  let waiting: { resolve: (status: number) => void; reject: (error: Error) => void } | null = null;
  let received: Buffer | null = null;
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });

  socket.on('data', (chunk: Buffer) => {
    received = received === null ? chunk : Buffer.concat([received, chunk]);
    const status = completeAnswer(received);
    if (status === null) return;
    received = null;
    const { resolve } = waiting ?? {};
    waiting = null;
    resolve?.(status);
  });
  socket.on('error', error => waiting?.reject(error));
  socket.on('close', () => waiting?.reject(new Error('the server closed the connection before it answered')));

  return {
    request: bytes =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(bytes);
      }),
    close: () => socket.destroy(),
  };
}

/** The status of a complete answer; null for an incomplete one. */
function completeAnswer(bytes: Buffer): number | null {
  const head = bytes.indexOf(endOfHead);
  if (head === -1) return null;
  const text = bytes.toString('latin1', 0, head);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
  return bytes.length >= head + 4 + length ? Number(text.slice(9, 12)) : null;
}
