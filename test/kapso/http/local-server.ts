import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface LocalServer extends AsyncDisposable {
  origin: string;
  server: Server;
}

/** A real HTTP server on a free port of this machine, until the end of the scope. */
export async function serve(listener: RequestListener): Promise<LocalServer> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** An address where nothing listens. */
export async function closedOrigin(): Promise<string> {
  await using local = await serve(() => undefined);
  return local.origin;
}

export const bodyOf = (request: IncomingMessage): Promise<string> => text(request);
