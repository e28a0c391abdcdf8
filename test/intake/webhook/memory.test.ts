import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { delivery, head, type RawClient, rawClient, secret, signature } from './harness.ts';

const mebibyte = 1024 * 1024;
const total = 256 * mebibyte;

let child: ChildProcess | null = null;
afterEach(async () => {
  if (!child) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
});

async function startChild(): Promise<number> {
  child = spawn(process.execPath, ['--expose-gc', join(import.meta.dirname, 'child.ts'), secret], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout ?? expect.unreachable(), 'data')) as [Buffer];
  return Number(line.toString());
}

/** Peak resident memory since the last reset, bytes (proc(5), VmHWM). */
function peak(): number {
  const status = readFileSync(`/proc/${child?.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

const resetPeak = () => writeFileSync(`/proc/${child?.pid}/clear_refs`, '5');

/** Sends as much of 256 MiB as the server takes, deaf to its answer. */
async function pour(client: RawClient, chunk: Buffer): Promise<void> {
  for (let sent = 0; sent < total && !client.socket.destroyed; sent += chunk.length) {
    if (!client.socket.write(chunk))
      await Promise.race([once(client.socket, 'drain'), once(client.socket, 'close')]).catch(() => {});
  }
}

describe.runIf(existsSync('/proc/self/clear_refs'))('256 MiB without a signature', () => {
  it.each([
    ['announced', [`content-length: ${total}`], Buffer.alloc(mebibyte, 0x20)],
    ['in chunks', ['transfer-encoding: chunked'], Buffer.from(`100000\r\n${' '.repeat(mebibyte)}\r\n`)],
  ])('%s, are answered 413 and cost less than 5 MiB', async (_case, headers, chunk) => {
    const port = await startChild();
    // The code paths of a refusal have been compiled and the heap has found its size before it is weighed.
    for (let i = 0; i < 500; i += 1) {
      await fetch(`http://127.0.0.1:${port}/webhook`, delivery('{}', { 'x-webhook-signature': signature(`${i}`) }));
    }
    resetPeak();
    const before = peak();
    const client = await rawClient(port);
    client.socket.write(head(['POST /webhook HTTP/1.1', 'host: x', 'content-type: application/json', ...headers]));
    await pour(client, chunk);
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 413 /);
    expect(peak() - before).toBeLessThan(5 * mebibyte);
  });
});
