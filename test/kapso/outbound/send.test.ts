import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KapsoWhatsappError } from '../../../src/errors.ts';
import { createKapsoClient, type KapsoClient, type KapsoClientOptions } from '../../../src/kapso/client.ts';
import { KapsoApiError, KapsoNetworkError, SendOutcomeUnknownError } from '../../../src/kapso/http/errors.ts';
import type { Transport } from '../../../src/kapso/http/transport.ts';
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';
import { type FakeKapso, fakeKapso, hastyClock, outboundRow, respond } from '../fake-kapso.ts';
import { closedOrigin } from '../http/local-server.ts';
import { phoneNumberId, sample } from '../samples.ts';

const start = Date.UTC(2026, 10, 22, 12);
const hello = { to: '+15550104477', content: { kind: 'text', text: 'hello' } } as const;
const clock = hastyClock(start);

/** Kapso takes the message, but this is what it answers. */
const takenBut =
  (status: number, body: unknown): FakeKapso['onPost'][number] =>
  (accept, response) => {
    accept();
    respond(response, status, body);
  };

let kapso: FakeKapso;
beforeEach(async () => {
  kapso = await fakeKapso(clock);
});
afterEach(async () => {
  await kapso[Symbol.asyncDispose]();
});

function clientOf(changes: Partial<KapsoClientOptions> = {}): KapsoClient {
  return createKapsoClient({
    baseUrl: kapso.origin,
    apiVersion: 'v24.0',
    apiKey: 'sk-secret-key',
    phoneNumberId,
    transport: createNodeTransport(),
    clock,
    random: () => 0.5,
    ...changes,
  });
}

async function thrown(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    value => expect.fail(`it was sent: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

describe('a text', () => {
  test('goes to a phone number in `to`, with preview and quote', async () => {
    const sent = await clientOf().send({
      to: hello.to,
      content: { ...hello.content, preview: true, quote: 'wamid.Q' },
    });
    expect(sent).toEqual({ id: 'wamid.1', waId: '15550104477' });
    expect(kapso.posts).toEqual([
      {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: '+15550104477',
        type: 'text',
        text: { body: 'hello', preview_url: true },
        context: { message_id: 'wamid.Q' },
        biz_opaque_callback_data: expect.stringMatching(/^cli-[0-9a-z]+-\d+-[0-9a-z]+$/),
      },
    ]);
  });

  test('goes to a business-scoped user id in `recipient`', async () => {
    expect(await clientOf().send({ to: 'US.1349', content: { kind: 'text', text: 'hello' } })).toEqual({
      id: 'wamid.1',
      waId: null,
    });
    expect(kapso.posts[0]).toMatchObject({ recipient: 'US.1349' });
    expect(kapso.posts[0]).not.toHaveProperty('to');
  });

  test('is sent with 201, too', async () => {
    kapso.onPost.push((accept, response) => respond(response, 201, { messages: [{ id: accept() }] }));
    expect((await clientOf().send(hello)).id).toBe('wamid.1');
  });

  test.each([
    ['15550104477', 'x', 'SEND_RECIPIENT_INVALID'],
    ['+15550104477', ' \n', 'SEND_TEXT_EMPTY'],
  ])('to %j, %j is refused before anything leaves', async (to, text, code) => {
    const error = await thrown(clientOf().send({ to, content: { kind: 'text', text } }));
    expect(error).toBeInstanceOf(KapsoWhatsappError);
    expect(error).toMatchObject({ code });
    expect(kapso.posts).toEqual([]);
  });

  test('to one recipient waits for the one before, to another it does not', async () => {
    const held = Promise.withResolvers<() => void>();
    kapso.onPost.push((accept, response) =>
      held.resolve(() => respond(response, 200, { messages: [{ id: accept() }] })),
    );
    const client = clientOf();
    const first = client.send({ to: '+5491155501234', content: { kind: 'text', text: 'one' } });
    const second = client.send({ to: '+541155501234', content: { kind: 'text', text: 'two' } });
    const answer = await held.promise;
    await client.send({ to: '+15550109999', content: { kind: 'text', text: 'other' } });
    expect(kapso.posts.map(post => post.text.body)).toEqual(['one', 'other']);
    answer();
    await Promise.all([first, second]);
    expect(kapso.posts.map(post => post.text.body)).toEqual(['one', 'other', 'two']);
  });

  test('that fails does not hold up the next', async () => {
    kapso.onPost.push((_, response) => respond(response, 400, sample('error-meta-131047-reengagement.json')));
    const client = clientOf();
    const first = client.send(hello);
    const second = client.send(hello);
    expect(await thrown(first)).toMatchObject({ disposition: 'window' });
    expect((await second).id).toBe('wamid.1');
  });
});

describe('where surely nothing was sent', () => {
  test('a conversation in flight, a rate limit and a passing fault are tried again', async () => {
    kapso.onPost.push(
      (_, response) => respond(response, 409, sample('error-kapso-409-in-flight.json')),
      (_, response) => respond(response, 400, sample('error-meta-131056-pair-rate.json')),
      (_, response) => respond(response, 429, sample('error-kapso-429.json'), { 'retry-after': '20' }),
    );
    const begun = clock.now();
    expect((await clientOf().send(hello)).id).toBe('wamid.1');
    expect(clock.now() - begun).toBeGreaterThanOrEqual(26_000);
    expect(kapso.posts).toHaveLength(4);
    expect(kapso.lists).toHaveLength(0);
  });

  test('a wait beyond the deadline is left to the caller, at once', async () => {
    kapso.onPost.push((_, response) => respond(response, 429, '', { 'retry-after': '60' }));
    const begun = clock.now();
    const error = await thrown(clientOf({ deadline: 30_000 }).send(hello));
    expect(error).toBeInstanceOf(KapsoApiError);
    expect(error).toMatchObject({ disposition: 'wait', retryAfter: 60_000 });
    expect(clock.now()).toBe(begun);
  });

  test('a refused connection is tried until the deadline, and then says that nothing was sent', async () => {
    const begun = clock.now();
    const error = await thrown(clientOf({ baseUrl: await closedOrigin(), deadline: 30_000 }).send(hello));
    expect(error).toBeInstanceOf(KapsoNetworkError);
    expect(error).toMatchObject({ sent: 'no', hint: expect.stringContaining('Nothing was sent') });
    expect(clock.now() - begun).toBeGreaterThan(15_000);
    expect(clock.now() - begun).toBeLessThanOrEqual(30_000);
  });

  test('that Kapso cannot be reached is said before the deadline', async () => {
    const begun = clock.now();
    const setbacks: string[] = [];
    const client = clientOf({
      baseUrl: await closedOrigin(),
      deadline: 60_000,
      reachWithin: 10_000,
      onSetback: (_, next) => setbacks.push(next),
    });
    expect(await thrown(client.send(hello))).toMatchObject({ sent: 'no' });
    expect(clock.now() - begun).toBeLessThanOrEqual(9000);
    expect(setbacks.length).toBeGreaterThan(2);
    expect(new Set(setbacks)).toEqual(new Set(['repeat']));
  });

  test('a connection is not waited for beyond the time to reach Kapso', async () => {
    const limits: number[] = [];
    const transport: Transport = async ({ timeouts }) => {
      limits.push(timeouts.connect);
      throw new KapsoNetworkError('no', 'gave up waiting to connect');
    };
    await thrown(clientOf({ transport, reachWithin: 3000 }).send(hello));
    await thrown(clientOf({ transport, reachWithin: 0 }).send(hello));
    expect(limits).toEqual([3000, 2500, 1500, 10_000]);
  });

  test('the time to reach Kapso begins anew when it was reached', async () => {
    const limits: number[] = [];
    const transport: Transport = async ({ timeouts }) => {
      limits.push(timeouts.connect);
      if (limits.length <= 4) return { status: 409, headers: {}, body: '' };
      throw new KapsoNetworkError('no', 'connection refused');
    };
    expect(await thrown(clientOf({ transport, reachWithin: 5000 }).send(hello))).toMatchObject({ sent: 'no' });
    expect(limits).toEqual(Array(5).fill(5000));
  });

  test.each([
    'error-meta-131047-reengagement.json',
    'error-meta-100-invalid-parameter.json',
    'error-meta-190-token.json',
    'error-meta-131026-undeliverable.json',
  ])('%s is not tried again', async name => {
    kapso.onPost.push((_, response) => respond(response, 400, sample(name)));
    expect(await thrown(clientOf().send(hello))).toBeInstanceOf(KapsoApiError);
    expect(kapso.posts).toHaveLength(1);
  });

  test.each([
    ['+5491155501234', '+541155501234', 'error-meta-131030-not-in-allowed-list.json'],
    ['+525512345678', '+5215512345678', 'error-meta-131030-not-in-allowed-list.json'],
    ['+5547988887777', '+554788887777', 'error-meta-131030-not-in-allowed-list.json'],
    ['+554788887777', '+5547988887777', 'error-meta-131026-undeliverable.json'],
  ])('%s, when unknown, is tried once as %s (%s)', async (to, other, refusal) => {
    kapso.onPost.push((_, response) => respond(response, 400, sample(refusal)));
    expect((await clientOf().send({ to, content: { kind: 'text', text: 'hola' } })).id).toBe('wamid.1');
    expect(kapso.posts.map(post => post.to)).toEqual([to, other]);
  });

  test.each(['+551133334444', '+5511933334444'])('%s is never sent to as another number', async to => {
    kapso.onPost.push((_, response) => respond(response, 400, sample('error-meta-131026-undeliverable.json')));
    expect(await thrown(clientOf().send({ to, content: { kind: 'text', text: 'oi' } }))).toMatchObject({
      metaCode: 131026,
    });
    expect(kapso.posts.map(post => post.to)).toEqual([to]);
  });

  test('when both forms are unknown the first refusal is told', async () => {
    const refuse: FakeKapso['onPost'][number] = (_, response) =>
      respond(response, 400, sample('error-meta-131026-undeliverable.json'));
    kapso.onPost.push(refuse, refuse);
    const error = await thrown(clientOf().send({ to: '+5215512345678', content: { kind: 'text', text: 'hola' } }));
    expect(error).toMatchObject({ metaCode: 131026, message: expect.stringContaining('+5215512345678') });
    expect(kapso.posts).toHaveLength(2);
  });

  test('a redirect is not followed, and not taken for sent', async () => {
    kapso.onPost.push((_, response) => respond(response, 302, '', { location: 'https://elsewhere.example/' }));
    const error = await thrown(clientOf().send(hello));
    expect(error).toMatchObject({ disposition: 'permanent', message: expect.stringContaining('elsewhere.example') });
  });
});

const lost: [string, FakeKapso['onPost'][number], Partial<KapsoClientOptions>?][] = [
  [
    'a reset connection',
    (accept, response) => {
      accept();
      response.socket?.resetAndDestroy();
    },
  ],
  ['a proxy timeout', takenBut(504, sample('error-kapso-504.json'))],
  ['a bad gateway', takenBut(502, 'Bad Gateway')],
  ['an answer without an id', takenBut(200, {})],
  ['an answer that is not JSON', takenBut(200, '<html>')],
  ['no answer in time', accept => void accept(), { timeout: 60 }],
];

describe('where it may have been sent', () => {
  test.each(lost)('%s: it is found and not sent again', async (_, fault, options) => {
    kapso.onPost.push(fault);
    expect((await clientOf(options).send(hello)).id).toBe('wamid.1');
    expect(kapso.posts).toHaveLength(1);
  });

  test('a copy that shows up late is found', async () => {
    kapso.onPost.push((accept, response) => {
      kapso.onList.push(
        list => respond(list, 200, { data: [] }),
        list => respond(list, 200, { data: [] }),
        list => respond(list, 200, { data: [] }),
      );
      accept();
      respond(response, 504, '');
    });
    expect((await clientOf().send(hello)).id).toBe('wamid.1');
    expect(kapso.posts).toHaveLength(1);
  });

  test('what is not in the list may still be taken, and is not sent again', async () => {
    kapso.onPost.push((_, response) => respond(response, 502, ''));
    const error = await thrown(clientOf().send(hello));
    expect(error).toBeInstanceOf(SendOutcomeUnknownError);
    expect(error).toMatchObject({ disposition: 'unknown', message: expect.stringContaining('may have been sent') });
    expect(kapso.posts).toHaveLength(1);
    expect(kapso.lists.length).toBeGreaterThanOrEqual(4);
  });

  test.each([
    ['an error that Meta does not name', 500, { error: { code: 131000, message: 'Something went wrong' } }],
    ['a possible server error', 400, { error: { code: 1, message: 'API Unknown' } }],
    ['a time-out', 408, ''],
    ['a proxy that is not available', 503, ''],
  ])('%s is not taken for a refusal', async (_, status, body) => {
    kapso.onPost.push((_accept, response) => respond(response, status, body));
    expect(await thrown(clientOf().send(hello))).toMatchObject({ disposition: 'unknown' });
    expect(kapso.posts).toHaveLength(1);
  });

  test('an account in maintenance has surely sent nothing', async () => {
    kapso.onPost.push((_, response) => respond(response, 500, { error: { code: 131057, message: 'Maintenance' } }));
    expect((await clientOf().send(hello)).id).toBe('wamid.1');
    expect(kapso.posts).toHaveLength(2);
  });

  test('a look-up that is refused leaves the outcome unknown', async () => {
    kapso.onPost.push((_, response) => respond(response, 502, ''));
    kapso.onList.push(response => respond(response, 401, sample('error-kapso-401.json')));
    expect(await thrown(clientOf().send(hello))).toMatchObject({ disposition: 'unknown' });
    expect(kapso.posts).toHaveLength(1);
  });

  test('a look-up that never works leaves the outcome unknown at the deadline', async () => {
    kapso.onPost.push((_, response) => respond(response, 502, ''));
    for (let i = 0; i < 100; i++) kapso.onList.push(response => respond(response, 503, ''));
    expect(await thrown(clientOf({ deadline: 20_000 }).send(hello))).toMatchObject({ disposition: 'unknown' });
    expect(kapso.posts).toHaveLength(1);
  });

  test('a look-up that works at last is believed', async () => {
    kapso.onPost.push(lost[1]?.[1] ?? expect.fail());
    kapso.onList.push(response => respond(response, 503, ''));
    expect((await clientOf().send(hello)).id).toBe('wamid.1');
    expect(kapso.posts).toHaveLength(1);
  });

  test('the deadline still leaves one look', async () => {
    kapso.onPost.push(takenBut(504, ''));
    expect((await clientOf({ deadline: 1 }).send(hello)).id).toBe('wamid.1');
  });

  test('a copy that Kapso recorded as failed is a refusal, with its code', async () => {
    kapso.onPost.push((_, response, posted) => {
      const row = outboundRow('wamid.F', posted, clock.now());
      const statuses = [{ status: 'failed', errors: [{ code: 131047, title: 'Re-engagement message' }] }];
      kapso.rows.push({ ...row, kapso: { direction: 'outbound', status: 'failed', statuses } });
      respond(response, 504, '');
    });
    expect(await thrown(clientOf().send(hello))).toMatchObject({ disposition: 'window', metaCode: 131047 });
  });
});

describe('a look-up takes no other message for ours', () => {
  test.each([
    ['of another send', { biz_opaque_callback_data: 'another' }],
    ['of nobody, with the same text to the same number', {}],
  ])('not one with the mark %s', async (_, mark) => {
    kapso.onPost.push((_accept, response) => {
      const { to, content } = hello;
      kapso.rows.push(outboundRow('wamid.X', { to, text: { body: content.text }, ...mark }, clock.now()));
      respond(response, 504, '');
    });
    expect(await thrown(clientOf().send(hello))).toMatchObject({ disposition: 'unknown' });
    expect(kapso.posts).toHaveLength(1);
  });

  test('but the one with its own mark, however else it is written', async () => {
    kapso.onPost.push((_, response, posted) => {
      const kapsoBlock = { statuses: [{ biz_opaque_callback_data: posted.biz_opaque_callback_data }] };
      kapso.rows.push({ id: 'wamid.M', timestamp: null, kapso: kapsoBlock });
      respond(response, 504, '');
    });
    expect((await clientOf().send(hello)).id).toBe('wamid.M');
  });

  test('it asks from the start of the send, by the server’s clock', async () => {
    const ahead = 3_600_000;
    await using other = await fakeKapso({ ...clock, now: () => clock.now() + ahead });
    other.onPost.push(takenBut(504, ''));
    const begun = clock.now();
    expect((await clientOf({ baseUrl: other.origin }).send(hello)).id).toBe('wamid.1');
    const since = Date.parse(other.lists.at(-1)?.get('since') ?? '');
    expect(since).toBeGreaterThan(begun + ahead - 2_000);
    expect(since).toBeLessThanOrEqual(begun + ahead);
    expect(other.lists.at(-1)?.get('direction')).toBe('outbound');
  });
});

test('a clock that is set while a send is under way does not hide the message', async () => {
  let step = 0;
  const stepping = { ...clock, now: () => clock.now() + step };
  kapso.onPost.push((accept, response) => {
    accept();
    step = -3_600_000;
    respond(response, 504, '');
  });
  const begun = clock.now();
  expect((await clientOf({ clock: stepping }).send(hello)).id).toBe('wamid.1');
  expect(Date.parse(kapso.lists.at(-1)?.get('since') ?? '')).toBeLessThanOrEqual(begun);
});

describe('an abort', () => {
  test('during the wait for a retry ends the send', async () => {
    const stop = new AbortController();
    kapso.onPost.push((_, response) => respond(response, 409, ''));
    const waiting = {
      ...clock,
      after: () => {
        queueMicrotask(() => stop.abort(new Error('shutting down')));
        return () => undefined;
      },
    };
    const error = await thrown(clientOf({ clock: waiting }).send({ ...hello, signal: stop.signal }));
    expect(error).toBe(stop.signal.reason);
  });

  test('while the answer is awaited leaves the outcome unknown', async () => {
    const stop = new AbortController();
    kapso.onPost.push(() => stop.abort(new Error('shutting down')));
    const error = await thrown(clientOf().send({ ...hello, signal: stop.signal }));
    expect(error).toMatchObject({ disposition: 'unknown' });
  });
});

test('the key is in no error, even when the server sends it back', async () => {
  kapso.onPost.push((_, response) => respond(response, 400, { error: 'no such key: sk-secret-key' }));
  const error = await thrown(clientOf().send(hello));
  expect(String(error)).toContain('no such key');
  expect(JSON.stringify(error) + String(error)).not.toContain('sk-secret-key');
});
