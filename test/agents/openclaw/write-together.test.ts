import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createWriteTogether, socketOf } from '../../../src/agents/openclaw/write-together.ts';

async function connected() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  let own: Socket | undefined;
  const socket = socketOf(() => {
    own = connect(port, '127.0.0.1');
  });
  onTestFinished(() => {
    socket?.destroy();
    server.close();
  });
  const [theirs] = await accepted;
  return { socket, own, theirs: theirs.setEncoding('utf8') };
}

it('what is sent after one event, by callbacks and by promises, leaves in one write', async () => {
  const { socket, own, theirs } = await connected();
  if (socket === null) throw new Error('Node told of no socket');
  expect(socket).toBe(own);
  const beforeWrite = createWriteTogether(socket);
  const [single, several] = [vi.spyOn(socket, '_write'), vi.spyOn(socket, '_writev')];
  const send = (text: string) => {
    beforeWrite();
    socket.write(text);
  };
  send('one ');
  void Promise.resolve().then(() => send('two '));
  void Promise.resolve()
    .then(() => undefined)
    .then(() => send('three'));
  const [text] = await once(theirs, 'data');
  expect(text).toBe('one two three');
  expect([single.mock.calls.length, several.mock.calls.length]).toEqual([0, 1]);
  // And a later one does not wait for others.
  send('four');
  expect(String(await once(theirs, 'data'))).toBe('four');
});

it('a library that opens no socket, and one with TLS, has nothing to hold back', () => {
  expect(socketOf(() => undefined)).toBeNull();
  expect(() => createWriteTogether(null)()).not.toThrow();
});
