import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Returns a port of 127.0.0.1 on which nothing listens, for a program that must be told one, and may be started again on it. It
 * is below those that a system gives to outgoing connections: one of these could take it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise(resolve => server.close(resolve));
    return port;
  }
}
