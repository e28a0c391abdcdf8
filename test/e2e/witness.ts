import { connect, createServer, type Socket } from 'node:net';

/** Something that a program has asked for. */
export interface Asked {
  /** Milliseconds since the epoch, when it was seen on its way. */
  at: number;
  /** A run of the agent, a message to a customer, or a look for what customers have sent. */
  kind: 'run' | 'message' | 'poll';
  /** The idempotency key of a run; the mark of a message. */
  key: string;
}

/**
 * Stands between one program and the gateway, or Kapso, and sees what that program asks for. So it is known which of several
 * has asked, which those who are asked cannot tell.
 */
export interface Witness extends AsyncDisposable {
  readonly port: number;
  readonly asked: readonly Asked[];
}

/** Returns what the bytes of one connection ask for, as they come. */
type Reading = (bytes: Buffer) => Omit<Asked, 'at'>[];

/** `keeps`: a connection of the program stays open when the other side closes its one, as with many a load balancer. */
async function startWitness(target: number, read: () => Reading, { keeps = false } = {}): Promise<Witness> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const open = (socket: Socket, onClose: () => void) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      sockets.delete(socket);
      onClose();
    });
    return socket;
  };
  const server = createServer({ noDelay: true }, near => {
    const reading = read();
    let far: Socket | null = null;
    /** The program waits for an answer. */
    let waits = false;
    const connectFar = () => {
      const socket = open(connect({ port: target, host: '127.0.0.1', noDelay: true }), () => {
        far = null;
        if (waits || !keeps) near.destroy();
      });
      return socket.on('data', (bytes: Buffer) => {
        waits = false;
        near.write(bytes);
      });
    };
    far = connectFar();
    open(near, () => far?.destroy()).on('data', (bytes: Buffer) => {
      for (const one of reading(bytes)) asked.push({ at: Date.now(), ...one });
      waits = true;
      far ??= connectFar();
      far.write(bytes);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** Before Kapso. */
export function startKapsoWitness(target: number): Promise<Witness> {
  const read = (): Reading => bytes => {
    // Node writes the head of a small request together with its body.
    const text = bytes.toString('latin1');
    const mark = /^POST \S+\/messages [\s\S]*"biz_opaque_callback_data":"([^"]+)"/.exec(text)?.[1];
    if (mark !== undefined) return [{ kind: 'message', key: mark }];
    return /^GET \S+\/messages\?\S*direction=inbound/.test(text) ? [{ kind: 'poll', key: '' }] : [];
  };
  return startWitness(target, read, { keeps: true });
}

/** Before the gateway. */
export function startGatewayWitness(target: number): Promise<Witness> {
  return startWitness(target, () => {
    let rest = Buffer.alloc(0);
    let isOpen = false;
    return bytes => {
      rest = Buffer.concat([rest, bytes]);
      if (!isOpen) {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) return [];
        isOpen = true;
        rest = rest.subarray(end + 4);
      }
      const asked: Omit<Asked, 'at'>[] = [];
      for (let frame = firstFrame(rest); frame !== null; frame = firstFrame(rest)) {
        rest = rest.subarray(frame.size);
        const key = frame.text.includes('"method":"agent"') && /"idempotencyKey":"([^"]+)"/.exec(frame.text)?.[1];
        if (key) asked.push({ kind: 'run', key });
      }
      return asked;
    };
  });
}

/** Reads the first frame of a WebSocket client (RFC 6455, section 5.2); null while it is not complete. */
function firstFrame(bytes: Buffer): { size: number; text: string } | null {
  if (bytes.length < 2) return null;
  const short = bytes.readUInt8(1) & 0x7f;
  const head = { 126: 4, 127: 10 }[short] ?? 2;
  if (bytes.length < head + 4) return null;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const size = head + 4 + length;
  if (bytes.length < size) return null;
  const mask = bytes.subarray(head, head + 4);
  const text = Buffer.from(bytes.subarray(head + 4, size)).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return { size, text: text.toString() };
}
