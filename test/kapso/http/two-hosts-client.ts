/** Makes one request as the programs do, and prints the answer or the failure. */
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';

const [url = ''] = process.argv.slice(2);
const limit = 20_000;
const answer = createNodeTransport()({
  method: 'POST',
  url: new URL(url),
  headers: {},
  body: '{}',
  signal: new AbortController().signal,
  timeouts: { connect: limit, headers: limit, body: limit },
});
process.stdout.write(
  await answer.then(
    ({ status, body }) => `${status} ${body}`,
    (error: Error) => error.message,
  ),
);
process.exit();
