import { connect, createServer, type Socket } from 'node:net';

/** A proxy whose connections can be cut, as a network can. */
export interface CutProxy extends AsyncDisposable {
  readonly port: number;
  /** Breaks all connections, and lets new ones through. */
  reset(): void;
  /** From now on nothing gets through, and nobody is told: a partition. */
  partition(): void;
  /** Ends a partition, and lets new connections through. What was sent meanwhile arrives. */
  heal(): void;
  /** Breaks the connection on which the client sends this text, after the server has got it and before its answer is here. */
  cutAfter(text: string): Promise<void>;
  /** Does so with all connections, and lets no new ones through until `heal`: the server goes away at that moment. */
  closeAfter(text: string): Promise<void>;
}

export async function startCutProxy(target: number): Promise<CutProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let parted = false;
  let closed = false;
  let trap: { text: string; closes: boolean; sprung: () => void } | null = null;
  const reset = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  const trapAfter = (text: string, closes: boolean) =>
    new Promise<void>(sprung => {
      trap = { text, closes, sprung };
    });

  // Small pieces leave at once, as through any proxy for databases: else each second one waits 40 ms for an acknowledgement.
  const server = createServer({ noDelay: true }, near => {
    if (closed) {
      near.destroy();
      return;
    }
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    const pair = [near, far] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) {
      socket.on('error', end).on('close', end);
      if (parted) socket.pause();
    }
    let doomed = false;
    near.on('data', chunk => {
      far.write(chunk);
      if (trap === null || !chunk.includes(trap.text)) return;
      doomed = true;
      closed = trap.closes;
      if (closed) reset();
      trap.sprung();
      trap = null;
    });
    far.on('data', chunk => {
      // The server has done it.
      if (doomed) end();
      else near.write(chunk);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };

  return {
    port,
    reset,
    partition() {
      parted = true;
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    heal() {
      [parted, closed] = [false, false];
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    cutAfter: text => trapAfter(text, false),
    closeAfter: text => trapAfter(text, true),
    async [Symbol.asyncDispose]() {
      reset();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
