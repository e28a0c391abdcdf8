import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wrongWebhookPath } from '../../../src/config/webhook-path.ts';
import { pathWarning } from '../../../src/intake/registration/register-webhook.ts';
import { manualClock } from '../../manual-clock.ts';
import { bodyOf, delivery, head, rawClient, serversOfThisFile, signature } from './harness.ts';

const start = serversOfThisFile();
const one = bodyOf('wamid.1');

interface Report {
  requests: { method: string; target: string; expect: number }[];
  expect: { log?: string[] };
  why: string;
}

/** One request, with the target as it stands: fetch would tidy it. Returns what the server answered. */
async function ask(port: number, method: string, target: string): Promise<string> {
  const body = method === 'POST' ? one : '';
  const client = await rawClient(port);
  const lines = [`${method} ${target} HTTP/1.1`, 'host: x', 'content-type: application/json', 'connection: close'];
  client.socket.write(
    head([...lines, `x-webhook-signature: ${signature(body)}`, `content-length: ${body.length}`]) + body,
  );
  return await client.closed();
}

const statusOf = (answered: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answered)?.[1]);

describe.each(['B21-head', 'B21-refused-verification-is-logged', 'B22-trailing-slash'].map(readReport))(
  '$name: $why',
  ({ requests, expect: right }) => {
    it('is answered and logged so', async () => {
      const { port, lines } = await start();
      for (const { method, target, expect: status } of requests) {
        expect([method, target, statusOf(await ask(port, method, target))]).toEqual([method, target, status]);
      }
      const log = lines.map(({ fields, message }) => `${message} ${JSON.stringify(fields)}`).join('\n');
      for (const pattern of right.log ?? []) expect(log).toMatch(new RegExp(pattern.replace('(?i)', ''), 'i'));
    });
  },
);

function readReport(name: string): Report & { name: string } {
  const path = join(import.meta.dirname, '../../fixtures/field-reports', `${name}.json`);
  return { name, ...(JSON.parse(readFileSync(path, 'utf8')) as Report) };
}

describe('the path', () => {
  it.each([
    ['/webhook', '/webhook', 200],
    ['/webhook', '/webhook/', 200],
    ['/webhook', '/webhook/?a=b', 200],
    ['/webhook', 'http://example.com/webhook', 200],
    ['/webhook', 'HTTP://example.com:80/webhook/?a=b', 200],
    ['/webhook', 'https://me@example.com/webhook', 200],
    ['/webhook/', '/webhook/', 200],
    ['/webhook/', '/webhook', 200],
    ['/', '/', 200],
    ['/', 'http://example.com', 200],
    ['/', 'http://example.com?a=b', 200],
    // One spelling is served, so that a proxy and the server read every path in the same way.
    ['/webhook', '/webhook//', 404],
    ['/webhook', '//webhook', 404],
    ['/webhook', '/%77ebhook', 404],
    ['/webhook', '/webhook%2f', 404],
    ['/webhook', '/./webhook', 404],
    ['/webhook', '/x/../webhook', 404],
    ['/webhook', '/webhook;a=b', 404],
    ['/webhook', '/WEBHOOK', 404],
    ['/webhook', 'http://example.com//webhook', 404],
    ['/webhook', 'ftp://example.com/webhook', 404],
    ['/', '//', 404],
    ['/', '/webhook', 404],
  ])('%s: a POST to %s is answered %i', async (path, target, status) => {
    const { port, accepted } = await start({ path });
    expect(statusOf(await ask(port, 'POST', target))).toBe(status);
    expect(accepted).toHaveLength(status === 200 ? 1 : 0);
  });

  it('of the health page has the same forms, and the webhook can have none of them', async () => {
    const { port } = await start();
    for (const target of ['/health', '/health/', 'http://x/health/', '/health?x']) {
      expect(statusOf(await ask(port, 'GET', target))).toBe(200);
      expect(statusOf(await ask(port, 'HEAD', target))).toBe(200);
    }
    expect(statusOf(await ask(port, 'GET', '/health//'))).toBe(404);
    expect(wrongWebhookPath('/health/')).toContain('/health');
  });

  it('in a public address with a slash more or less is the same', () => {
    expect(pathWarning('https://example.com/webhook/', '/webhook')).toBeNull();
    expect(pathWarning('https://example.com/webhook//', '/webhook')).not.toBeNull();
  });
});

it('HEAD is answered as GET, without a body', async () => {
  const { port } = await start();
  const verification = '/webhook?hub.mode=subscribe&hub.challenge=77&hub.verify_token=verify-me';
  const answered = await ask(port, 'HEAD', verification);
  expect(statusOf(answered)).toBe(200);
  expect(answered).toMatch(/content-length: 2\r\n/i);
  expect(answered.split('\r\n\r\n')[1]).toBe('');
  expect(statusOf(await ask(port, 'HEAD', '/webhook'))).toBe(403);
});

it('a body with a byte order mark, signed with it, is read', async () => {
  const { url, accepted } = await start();
  const { posts } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../fixtures/field-reports/B24-bom-body.json'), 'utf8'),
  ) as { posts: { prefixHex: string; body: object }[] };
  const [post] = posts;
  const body = Buffer.concat([Buffer.from(post?.prefixHex ?? '', 'hex'), Buffer.from(JSON.stringify(post?.body))]);
  const signed = { 'x-webhook-signature': undefined, 'x-hub-signature-256': `sha256=${signature(body)}` };
  expect((await fetch(url, delivery(body, signed))).status).toBe(200);
  expect(accepted).toHaveLength(1);
});

describe('what is refused is in the log once a minute, with the reason, and counted', () => {
  const verification = (token: string) => `/webhook?hub.mode=subscribe&hub.challenge=1&hub.verify_token=${token}`;
  const wide = 'x'.repeat(2000);
  it.each<[string, string, number, RegExp]>([
    ['GET', verification('not-it'), 403, /the verify token is wrong: it is not webhook\.verifyToken/],
    ['GET', verification('a+b'), 403, /a \+ in the verify token came as a blank: in an address it is written %2B/],
    ['GET', verification('%20a%2Bb%0D'), 403, /has a blank at one of its ends/],
    ['GET', verification(''), 403, /hub\.verify_token is missing/],
    ['GET', '/webhook', 403, /hub\.mode is missing/],
    ['HEAD', '/webhook', 403, /hub\.mode is missing/],
    ['POST', '/webhooks', 404, /webhooks go to \/webhook .*"path":"\/webhooks","served":"\/webhook"/],
    ['POST', '/hook?token=s3cret', 404, /"path":"\/hook"/],
    ['POST', `/${wide}`, 404, /"path":"\/x{99}"/],
    ['GET', '/favicon.ico', 404, /a path that is not served/],
    ['PUT', '/webhook', 405, /only GET, HEAD, POST are served/],
    ['DELETE', '/health', 405, /only GET, HEAD are served/],
  ])('%s %s: %i', async (method, target, status, said) => {
    const clock = manualClock(0);
    let reported = 0;
    const onRefused = () => {
      reported += 1;
    };
    const { port, lines, server } = await start({ verifyToken: 'a+b', clock, onRefused });
    for (let i = 0; i < 3; i += 1) expect(statusOf(await ask(port, method, target))).toBe(status);
    const found = () =>
      lines.map(({ fields, message }) => `${message} ${JSON.stringify(fields)}`).filter(line => said.test(line));
    expect(found()).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toMatch(/s3cret|not-it|a\+b/);
    clock.advance(60_000);
    await ask(port, method, target);
    expect(found()).toHaveLength(2);
    expect(server.stats().answers).toEqual({ [status]: 4 });
    expect(reported).toBe(4);
  });

  it.each<[string, string, Record<string, string | undefined>, number]>([
    ['too large', 'x'.repeat(2000), {}, 413],
    ['no JSON by its type', one, { 'content-type': 'text/plain' }, 415],
    ['compressed', one, { 'content-encoding': 'gzip' }, 415],
    ['not signed', one, { 'x-webhook-signature': undefined }, 401],
    ['no JSON', 'x', {}, 400],
  ])('a delivery that is %s', async (_case, body, headers, status) => {
    const { url, lines, server } = await start({ clock: manualClock(0), maxBodyBytes: 1024 });
    for (let i = 0; i < 3; i += 1) expect((await fetch(url, delivery(body, headers))).status).toBe(status);
    expect(lines.filter(({ fields }) => 'status' in fields && fields.status === status)).toHaveLength(1);
    expect(server.stats().answers).toEqual({ [status]: 3 });
  });

  it('a POST to another path is not kept out of the log by those who look for pages that are not there', async () => {
    const { port, lines } = await start({ clock: manualClock(0) });
    await ask(port, 'GET', '/.env');
    await ask(port, 'POST', '/hook');
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([{ fields: { path: '/hook' } }]);
  });
});
