import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Limits the number of open connections without refusing a client that has something to say. At the limit, a new
 * connection replaces the one that has been idle, or has been sending its request, for the longest.
 */
export interface ConnectionLimit {
  opened(socket: Socket): void;
  /** The socket's next request has begun. `response` will answer it. */
  began(socket: Socket, response: ServerResponse): void;
  /** The request is complete. From here on the connection is not closed for another one. */
  received(socket: Socket, response: ServerResponse): void;
  /** The answer has been sent, or can no longer be. */
  ended(socket: Socket, response: ServerResponse): void;
  /**
   * Closes every connection as soon as it has no request under way. The last answer tells the client. A new connection
   * may still send its first request, until `expire`.
   */
  drain(): void;
  /** Closes the connections that have sent no request yet. */
  expire(): void;
  count(): number;
  /** How many connections were closed to make room. */
  evicted(): number;
}

export function createConnectionLimit(max: number): ConnectionLimit {
  // Ordered by the last answer (or the opening), the longest silent first. `responses` says for each whether its
  // request is complete; `complete` counts those.
  const connections = new Map<Socket, { responses: Map<ServerResponse, boolean>; complete: number; fresh: boolean }>();
  let evicted = 0;
  let draining = false;

  const makeRoom = () => {
    for (const [socket, { complete }] of connections) {
      if (complete > 0) continue;
      connections.delete(socket);
      socket.destroy();
      evicted += 1;
      return;
    }
  };

  return {
    opened: socket => {
      if (connections.size >= max) makeRoom();
      connections.set(socket, { responses: new Map(), complete: 0, fresh: true });
      socket.once('close', () => connections.delete(socket));
      if (connections.size <= max) return;
      evicted += 1;
      socket.destroy();
    },
    began: (socket, response) => {
      const connection = connections.get(socket);
      if (connection) {
        connection.responses.set(response, false);
        connection.fresh = false;
      }
      if (draining) response.shouldKeepAlive = false;
    },
    received: (socket, response) => {
      const connection = connections.get(socket);
      if (!connection) return;
      connection.responses.set(response, true);
      connection.complete += 1;
    },
    ended: (socket, response) => {
      const connection = connections.get(socket);
      if (!connection) return;
      if (connection.responses.get(response)) connection.complete -= 1;
      connection.responses.delete(response);
      connections.delete(socket);
      connections.set(socket, connection);
      if (draining && connection.responses.size === 0) socket.destroySoon();
    },
    drain: () => {
      draining = true;
      for (const [socket, { responses, fresh }] of connections) {
        const last = [...responses.keys()].at(-1);
        if (last) last.shouldKeepAlive = false;
        else if (!fresh) socket.destroy();
      }
    },
    expire: () => {
      for (const [socket, { fresh }] of connections) if (fresh) socket.destroy();
    },
    count: () => connections.size,
    evicted: () => evicted,
  };
}
