import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { onTerminal } from './on-terminal.ts';
import { accepted, account } from './program.ts';

let dir: string;
let server: Server;
/** Called with each request whose answer is to wait. */
let onUpload: (request: IncomingMessage) => Promise<void>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-progress-'));
  server = createServer(async (request, response) => {
    const isUpload = request.url?.endsWith('/media');
    if (isUpload) await onUpload(request);
    request.resume();
    await once(request, 'end');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isUpload ? { id: '4711' } : accepted(1).body));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true });
});

test('an upload shows on a terminal how much of the file has gone, and leaves only the id', async () => {
  const file = join(dir, 'plan.png');
  const png = Buffer.alloc(4_900_000);
  png.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
  writeFileSync(file, png);
  const goesOn = Promise.withResolvers<void>();
  onUpload = () => goesOn.promise;
  const program = onTerminal(['send', '--to', '+15551234567', '--image', file], {
    HOME: dir,
    ...account({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
  });
  await program.shows(/Uploading \S+: \d{1,2} %… \d+ s/);
  expect(program.shown()).not.toContain('wamid.');
  goesOn.resolve();
  expect(await program.ended).toBe(0);
  // The line is overwritten with blanks before the id.
  expect(program.shown()).toMatch(/\r +\rwamid\.OUT1\s*$/);
});
