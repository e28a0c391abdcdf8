import type { Socket } from 'node:net';

/**
 * Keeps the number of open connections bounded without turning anyone away who has something to say: a new connection
 * at the limit takes the place of the one that has been idle, or has been sending its request, for the longest.
 */
export interface ConnectionLimit {
  opened(socket: Socket): void;
  /** The socket's next request has begun. */
  began(socket: Socket): void;
  /** The request is complete: from here on the connection is not given up for another. */
  received(socket: Socket): void;
  /** Its answer has been sent, or can no longer be. `complete` tells whether `received` was called for it. */
  ended(socket: Socket, complete: boolean): void;
  /** Destroys every connection that has no request under way. */
  closeIdle(): void;
  count(): number;
  /** How many were closed to make room. */
  evicted(): number;
}

export function createConnectionLimit(max: number): ConnectionLimit {
  // In order of the last answer (or of opening), the longest silent first.
  const connections = new Map<Socket, { requests: number; complete: number }>();
  let evicted = 0;

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
      connections.set(socket, { requests: 0, complete: 0 });
      socket.once('close', () => connections.delete(socket));
      if (connections.size <= max) return;
      evicted += 1;
      socket.destroy();
    },
    began: socket => {
      const connection = connections.get(socket);
      if (connection) connection.requests += 1;
    },
    received: socket => {
      const connection = connections.get(socket);
      if (connection) connection.complete += 1;
    },
    ended: (socket, complete) => {
      const connection = connections.get(socket);
      if (!connection) return;
      connection.requests -= 1;
      if (complete) connection.complete -= 1;
      connections.delete(socket);
      connections.set(socket, connection);
    },
    closeIdle: () => {
      for (const [socket, { requests }] of connections) if (requests === 0) socket.destroy();
    },
    count: () => connections.size,
    evicted: () => evicted,
  };
}
