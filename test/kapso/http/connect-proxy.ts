import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ConnectProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  origin: string;
  /** The requests in order: `CONNECT host:port` or `GET http://…`. */
  readonly asked: string[];
  /** The `Proxy-Authorization` headers in order. */
  readonly authorizations: (string | undefined)[];
  /** Resolves when a client has asked for a tunnel. */
  called(): Promise<void>;
  /** Resolves when no client is connected. */
  idle(): Promise<void>;
}

/**
 * Runs a real HTTP proxy on a free port of this machine until the end of the scope. It opens tunnels to this machine
 * only, whatever host is named. `route` gives the port for `host:port`; the default is the named port.
 *
 * @param options.answer  what it does with a CONNECT instead of a tunnel
 */
export async function startConnectProxy(
  options: { route?: (target: string) => number; answer?: number | 'close' | 'hang' } = {},
): Promise<ConnectProxy> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  const events = new EventEmitter();
  const server: Server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    response.writeHead(400).end();
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    clients.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      clients.delete(socket);
      events.emit('left');
    });
  });
  server.on('connect', (incoming, client: Socket) => {
    const target = String(incoming.url);
    asked.push(`CONNECT ${target}`);
    events.emit('asked');
    authorizations.push(incoming.headers['proxy-authorization']);
    // Without reading, it would never see the end of the other side.
    if (options.answer === 'hang') return void client.resume().once('end', () => client.destroy());
    if (options.answer === 'close') return void client.destroy();
    if (options.answer !== undefined)
      return void client.end(`HTTP/1.1 ${options.answer} No\r\ncontent-length: 0\r\n\r\n`);
    const upstream = connect({ host: '127.0.0.1', port: options.route?.(target) ?? Number(target.split(':').at(-1)) });
    sockets.add(upstream);
    upstream.once('close', () => sockets.delete(upstream));
    let open = false;
    upstream.once('connect', () => {
      open = true;
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => (open ? client.resetAndDestroy() : client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')));
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    authorizations,
    called: async () => {
      if (asked.length === 0) await once(events, 'asked');
    },
    idle: async () => {
      while (clients.size > 0) await once(events, 'left');
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
