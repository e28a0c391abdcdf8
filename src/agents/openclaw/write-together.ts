/** What is sent to the gateway in one turn of the event loop leaves in one write, as after a commit of many messages. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/**
 * Connects by a library that keeps its socket to itself. Returns the socket; null where Node does not tell of it, as of one
 * with TLS.
 */
export function socketOf(connect: () => void): Socket | null {
  let opened: Socket | null = null;
  const onOpened = (message: unknown) => {
    opened ??= (message as { socket: Socket }).socket;
  };
  subscribe('net.client.socket', onOpened);
  try {
    connect();
  } finally {
    unsubscribe('net.client.socket', onOpened);
  }
  return opened;
}

/**
 * Returns a function to call before something is written to the socket. From then on writes are held until all is done
 * that the present event has led to. No further event is waited for.
 */
export function createWriteTogether(socket: Pick<Socket, 'cork' | 'uncork'> | null): () => void {
  let isHeld = false;
  if (socket === null) return () => undefined;
  const release = () => {
    isHeld = false;
    socket.uncork();
  };
  return () => {
    if (isHeld) return;
    isHeld = true;
    socket.cork();
    process.nextTick(release);
  };
}
