import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMultipart } from '../../src/simulator/multipart.ts';
import { type LocalServer, serve } from '../kapso/http/local-server.ts';

interface Part {
  name: string;
  filename: string | null;
  contentType: string | null;
  content: string;
}

let local: LocalServer;
beforeAll(async () => {
  local = await serve(async (message, response) => {
    const parts: Part[] = [];
    try {
      await readMultipart(message, head => {
        const part = { ...head, content: '' };
        parts.push(part);
        return bytes => {
          part.content += bytes.toString('latin1');
        };
      });
      response.end(JSON.stringify(parts));
    } catch (error) {
      response.writeHead(400).end(String(error));
    }
  });
});
afterAll(() => local[Symbol.asyncDispose]());

const boundary = 'b-42';

/** Posts the body in these pieces, each of which the other side gets by itself. */
async function post(pieces: readonly Buffer[], type = `multipart/form-data; boundary=${boundary}`) {
  const outgoing = request(local.origin, { method: 'POST', headers: { 'content-type': type } });
  outgoing.setNoDelay(true);
  const answer = new Promise<{ status: number; body: string }>((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', async response => {
      let body = '';
      for await (const chunk of response.setEncoding('utf8')) body += chunk;
      resolve({ status: response.statusCode ?? 0, body });
    });
  });
  for (const piece of pieces) await new Promise(resolve => outgoing.write(piece, resolve));
  outgoing.end();
  return answer;
}

function cut(body: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map(place => place % body.length).sort((a, b) => a - b), body.length];
  return at.slice(1).map((end, index) => body.subarray(at[index], end));
}

/** What is easily taken for the form itself. */
const tricky = fc.constantFrom(
  '\r\n',
  `--${boundary}`,
  `\r\n--${boundary.slice(0, 3)}`,
  '--',
  '\r',
  '\n',
  '\r\n\r\n',
  'x',
);
const contents = fc
  .array(fc.oneof(tricky, fc.string()), { maxLength: 12 })
  .map(pieces => Buffer.from(pieces.join(''), 'utf8').toString('latin1'))
  .filter(content => !content.includes(`\r\n--${boundary}`) && !content.startsWith(`--${boundary}`));

describe('a multipart form', () => {
  it('is read as it was written, however it is cut on its way', async () => {
    const parts = fc.array(contents, { minLength: 1, maxLength: 4 });
    const places = fc.array(fc.nat(), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(parts, places, async (given, cuts) => {
        const head = (index: number) =>
          `--${boundary}\r\nContent-Disposition: form-data; name="p${index}"; filename="f"\r\nContent-Type: a/b\r\n\r\n`;
        const body = given.map((content, index) => `${head(index)}${content}\r\n`).join('');
        const answer = await post(cut(Buffer.from(`${body}--${boundary}--\r\n`, 'latin1'), cuts));
        const expected = given.map((content, index) => ({
          name: `p${index}`,
          filename: 'f',
          contentType: 'a/b',
          content,
        }));
        expect(answer).toMatchObject({ status: 200 });
        expect(JSON.parse(answer.body)).toEqual(expected);
      }),
      { numRuns: 60, interruptAfterTimeLimit: 10_000 },
    );
  });

  it.each([
    ['has no boundary', '', 'multipart/form-data'],
    ['is none', '{}', 'application/json'],
    ['ends early', `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\nx`, undefined],
    [
      'has a part without a name',
      `--${boundary}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--${boundary}--`,
      undefined,
    ],
    ['has headers without an end', `--${boundary}\r\n${'x'.repeat(20_000)}`, undefined],
  ])('that %s is refused', async (_, body, type) => {
    expect(await post([Buffer.from(body)], type)).toMatchObject({ status: 400 });
  });
});
