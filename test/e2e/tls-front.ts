import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { onTestFinished } from 'vitest';

const fixtures = join(import.meta.dirname, '../fixtures/tls');
/** The self-signed certificate of `kapso.test` and 127.0.0.1, for `NODE_EXTRA_CA_CERTS`. */
export const certificate = join(fixtures, 'kapso.test.crt');

/** Puts TLS in front of a plain server of this machine until the test is over. Resolves with its port. */
export async function startTlsFront(origin: string): Promise<number> {
  const sockets = new Set<Socket>();
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer(
    { cert: readFileSync(certificate), key: readFileSync(join(fixtures, 'kapso.test.key')) },
    client => {
      const upstream = connect(Number(new URL(origin).port), '127.0.0.1');
      for (const socket of [client, upstream]) hold(socket);
      upstream.pipe(client).pipe(upstream);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}
