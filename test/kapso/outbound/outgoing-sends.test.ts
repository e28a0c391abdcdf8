import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createKapsoClient, type KapsoClient } from '../../../src/kapso/client.ts';
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../../src/simulator/kapso.ts';
import { kapsoClient } from '../../simulator/kapso-client.ts';

const never = new AbortController().signal;
const message = (text: string, mark = `reply-${text}`) =>
  ({ to: '+15550104477', content: { kind: 'text', text }, mark }) as const;

let kapso: KapsoSimulator;
let client: KapsoClient;
let fault: (body: object) => Promise<unknown>;

async function begin(settings: object = {}) {
  kapso = await startKapsoSimulator({ settings });
  const transport = createNodeTransport();
  const options = { ...kapso, baseUrl: kapso.url, apiVersion: 'v24.0', transport, clock: systemClock, timeout: 300 };
  client = createKapsoClient(options);
  fault = body => kapsoClient(kapso).sim('POST', 'faults', { kind: 'send', ...body });
}

const metaError = (code: number) => ({ error: { code, message: `(#${code}) said`, type: 'OAuthException' } });

afterEach(() => kapso.close());

describe('an attempt', () => {
  beforeEach(() => begin());

  it('asks for the time of Kapso once, and knows none while Kapso is silent', async () => {
    await fault({ kind: 'list', do: 'hang' });
    expect(await Promise.all([client.time(never), client.time(never)])).toEqual([null, null]);
    const times = await Promise.all([client.time(never), client.time(never)]);
    for (const time of times) expect(Math.abs((time ?? 0) - Date.now())).toBeLessThan(5000);
    await client.time(never);
    expect((await kapsoClient(kapso).sim('GET', 'requests?kind=list')).body.requests).toHaveLength(2);
  });

  it('sends a text once, with its mark and its quote', async () => {
    const result = await client.attempt(
      { ...message('hi'), content: { kind: 'text', text: 'hi', quote: 'wamid.q' } },
      never,
    );
    expect(kapso.sent()).toMatchObject([
      { id: result.kind === 'sent' && result.id, text: 'hi', callbackData: 'reply-hi' },
    ]);
  });

  it('to a group goes to the group, and is found there by its content where the list shows no marks', async () => {
    const toGroup = { ...message('hi'), to: 'group:G1' };
    await client.attempt(toGroup, never);
    expect(kapso.sent()).toMatchObject([{ to: 'group:G1', text: 'hi' }]);
    await kapsoClient(kapso).sim('POST', 'config', { echoCallbackData: false });
    const look = (to: string) => client.lookUp({ ...toGroup, to }, { ago: 60_000 }, async () => false, never);
    expect(await look('group:G1')).toMatchObject({ kind: 'found' });
    expect(await look('group:G2')).toMatchObject({ kind: 'absent' });
    expect(await look('+15550104477')).toMatchObject({ kind: 'absent' });
  });

  it.each([
    ['the pair limit', { status: 400, body: metaError(131056) }, { all: false, operator: false, retryAfter: 6000 }],
    ['another send under way', { status: 409 }, { all: false, operator: false, retryAfter: null }],
    ['the limit of Kapso', { status: 429, headers: { 'Retry-After': '7' } }, { all: true, retryAfter: 7000 }],
    ['the limit of Meta', { status: 400, body: metaError(130429) }, { all: true, operator: false }],
    ['the key', { status: 401 }, { all: true, operator: true }],
  ])('is put off by %s', async (_what, refusal, expected) => {
    await fault(refusal);
    expect(await client.attempt(message('hi'), never)).toMatchObject({ kind: 'not now', ...expected });
    expect(kapso.sent()).toEqual([]);
  });

  it.each([
    ['an unknown number', 131026, { window: false, code: 131026, other: null }],
    ['a closed window', 131047, { window: true, code: 131047, other: null }],
  ])('is refused for %s', async (_what, code, expected) => {
    await fault({ status: 400, body: metaError(code) });
    expect(await client.attempt(message('hi'), never)).toMatchObject({ kind: 'refused', ...expected });
  });

  it('names the other spelling of a number that Meta does not know', async () => {
    await fault({ status: 400, body: metaError(131030) });
    const result = await client.attempt({ ...message('hi'), to: '+5491122334455' }, never);
    expect(result).toMatchObject({ kind: 'refused', other: '+541122334455' });
  });

  it.each([{ do: 'reset' }, { do: 'drop-after-commit' }, { do: 'hang' }, { status: 502 }, { status: 200, body: {} }])(
    'may have sent after %o',
    async how => {
      await fault(how);
      expect((await client.attempt(message('hi'), never)).kind).toBe('unknown');
    },
  );

  it('surely sent nothing where nobody listens', async () => {
    await kapso.close();
    expect(await client.attempt(message('hi'), never)).toMatchObject({ kind: 'not now', all: true, operator: false });
    await begin();
  });
});

describe.each([true, false])('a look for it, with marks in the list: %s', echoCallbackData => {
  const ago = { ago: 60_000 };
  const nobody = async () => false;
  beforeEach(() => begin({ echoCallbackData }));

  it('finds what was taken, and says absent of what was not', async () => {
    await fault({ do: 'drop-after-commit' });
    await client.attempt(message('taken'), never);
    await fault({ do: 'reset' });
    await client.attempt(message('lost'), never);
    const found = await Promise.all([
      client.lookUp(message('taken'), ago, nobody, never),
      client.lookUp(message('lost'), ago, nobody, never),
      client.lookUp(message('taken'), { at: Date.now() - 5000 }, nobody, never),
    ]);
    const taken = { kind: 'found', id: kapso.sent()[0]?.id };
    expect(found).toMatchObject([taken, { kind: 'absent' }, taken]);
    // Its mark proves it, whenever that was. An equal text does not.
    const later = await client.lookUp(message('taken'), { at: Date.now() + 5000 }, nobody, never);
    expect(later).toMatchObject(echoCallbackData ? taken : { kind: 'absent' });
  });

  it('takes no equal message of somebody else for it', async () => {
    await client.attempt(message('same', 'reply-first'), never);
    const first = kapso.sent()[0]?.id;
    const elsewhere = { ...message('same', 'reply-second'), to: '+15559999999' };
    expect(await client.lookUp(elsewhere, ago, nobody, never)).toMatchObject({ kind: 'absent' });
    const isKnown = async (id: string) => id === first;
    expect(await client.lookUp(message('same', 'reply-second'), ago, isKnown, never)).toMatchObject({ kind: 'absent' });
  });

  it('says when it cannot read the list', async () => {
    await fault({ kind: 'list', status: 429, headers: { 'Retry-After': '3' }, count: 3 });
    expect(await client.lookUp(message('a'), ago, nobody, never)).toMatchObject({
      ...{ kind: 'unreadable', retryAfter: 3000, refused: null },
    });
  });

  it.each([
    { status: 403, refused: 403 },
    { status: 401, refused: null },
  ])('says whether a refusal of the list ($status) is for good', async ({ status, refused }) => {
    await fault({ kind: 'list', status, count: 3 });
    expect(await client.lookUp(message('a'), ago, nobody, never)).toMatchObject({ kind: 'unreadable', refused });
  });
});
