import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { delivery, type Harness, rawClient, startWebhookServer } from './harness.ts';

const folder = join(import.meta.dirname, '../../fixtures/kapso');
const samples = readdirSync(folder)
  .filter(name => /^(webhook|meta|list)-.*\.json$/.test(name))
  .map(name => readFileSync(join(folder, name), 'utf8'));

const timeBox = { numRuns: 100_000, interruptAfterTimeLimit: 4_000, markInterruptAsFailure: false };

type Path = (string | number)[];

function paths(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, child]) => paths(child, [...at, key]))];
}

/** The sample with the value at one of its places replaced by something else. */
function replaced(sample: string, place: number, value: unknown): string {
  const root = { top: JSON.parse(sample) as unknown };
  const all = paths(root).slice(1);
  const path = all[place % all.length] ?? ['top'];
  let parent = root as Record<string, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  parent[path.at(-1) as string] = value;
  return JSON.stringify(root.top) ?? '';
}

const event = fc.option(fc.constantFrom('whatsapp.message.received', 'whatsapp.message.failed', 'x', '__proto__'), {
  nil: undefined,
});

describe('whatever is delivered', () => {
  let harness: Harness;
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => rejections.push(reason);

  beforeAll(async () => {
    process.on('unhandledRejection', onRejection);
    harness = await startWebhookServer({ emit: () => undefined, maxBodyBytes: 64 * 1024 });
  });
  afterAll(async () => {
    await harness.server.close(0);
    process.off('unhandledRejection', onRejection);
    expect(rejections).toEqual([]);
  });

  const send = async (body: string | Buffer, header: string | undefined) => {
    const response = await fetch(
      `http://127.0.0.1:${harness.port}/webhook`,
      delivery(body, { 'x-webhook-event': header }),
    );
    await response.arrayBuffer();
    return response.status;
  };

  it('a sample with any value in any place is answered 200', async () => {
    const mutation = fc.tuple(fc.constantFrom(...samples), fc.nat(), fc.jsonValue({ maxDepth: 3 }), event);
    await fc.assert(
      fc.asyncProperty(mutation, async ([sample, place, value, header]) => {
        expect(await send(replaced(sample, place, value), header)).toBe(200);
      }),
      timeBox,
    );
  });

  it('a signed sample with any bytes changed is answered 200, or 400 when it is no JSON any more', async () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...samples), edits, event, async (sample, changes, header) => {
        const bytes = Buffer.from(sample);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        expect([200, 400]).toContain(await send(bytes, header));
      }),
      timeBox,
    );
  });

  it('also when it is not HTTP, the server goes on', async () => {
    const beginning = fc.constantFrom(
      '',
      'POST /webhook HTTP/1.1\r\n',
      'POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n',
    );
    await fc.assert(
      fc.asyncProperty(beginning, fc.uint8Array({ maxLength: 200 }), async (start, bytes) => {
        const client = await rawClient(harness.port);
        client.socket.end(Buffer.concat([Buffer.from(start), bytes]));
        expect(await client.closed()).not.toMatch(/HTTP\/1\.1 5/);
      }),
      timeBox,
    );
    expect(await send('{}', undefined)).toBe(200);
  });
});
