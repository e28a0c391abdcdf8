import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { admitAll } from '../../../src/domain/admit.ts';
import type { SessionFor } from '../../../src/domain/conversation.ts';
import type { InboundMessage } from '../../../src/domain/message.ts';
import { createIntake } from '../../../src/intake/accept.ts';
import { createKapsoTime } from '../../../src/intake/kapso-time.ts';
import { openAccount } from '../../../src/intake/open-account.ts';
import { createPoller, type Poller } from '../../../src/intake/polling/poll.ts';
import { createKapsoClient } from '../../../src/kapso/client.ts';
import type { ClosableTransport } from '../../../src/kapso/http/transport.ts';
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { type LocalServer, serve } from '../../kapso/http/local-server.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';
import { silentLog } from '../../silent-log.ts';

const start = Date.UTC(2026, 10, 22, 12, 0, 0);
/** Bytes that are held of an answer: the real limit is 16 MiB. */
const held = 100_000;
const large = 'x'.repeat(held);
const second = String(start / 1000);
const small = (id: string, text = id) => ({
  id,
  timestamp: second,
  type: 'text',
  from: '15551234567',
  text: { body: text },
});
/** Begins as every other does. */
const nameless = (id: string | null) => ({
  timestamp: second,
  type: 'text',
  from: '15559999999',
  text: { body: large },
  id,
});

let dir: string;
let clock: ManualClock;
let local: LocalServer;
let transport: ClosableTransport;
let store: Store;
let poller: Poller;
/** Newest first. */
let rows: object[];
/** How the list says that there is no more. */
let lastPaging: object;
let honoursLimit: boolean;
let limits: number[];
let respond: RequestListener;

const list: RequestListener = (request, response) => {
  const query = new URL(request.url ?? '', 'http://localhost').searchParams;
  const from = Number(query.get('after') ?? 0);
  const to = honoursLimit ? from + Number(query.get('limit')) : rows.length;
  const paging = to < rows.length ? { paging: { cursors: { after: String(to) } } } : lastPaging;
  limits.push(Number(query.get('limit')));
  response.setHeader('date', new Date(clock.now()).toUTCString());
  response.end(JSON.stringify({ data: rows.slice(from, to), ...paging }));
};

const account = '1';
const sessionFor: SessionFor = ({ contact }) => ({ key: contact, of: 'conversation' });

beforeEach(async () => {
  rows = [];
  limits = [];
  lastPaging = { paging: { cursors: { after: null } } };
  honoursLimit = true;
  respond = list;
  local = await serve((request, response) => respond(request, response));
  dir = mkdtempSync(join(tmpdir(), 'kapso-large-'));
  clock = manualClock(start);
  transport = createNodeTransport({ keepAlive: true, maxResponseBytes: held });
  store = await openStore({ dir, clock });
  const kapso = createKapsoClient({
    baseUrl: local.origin,
    apiVersion: 'v24.0',
    apiKey: 'k',
    phoneNumberId: '1',
    transport,
    clock,
    timeout: 500,
    random: () => 0.5,
  });
  const kapsoTime = createKapsoTime(clock);
  const parts = { store, kapsoTime, checkClock: () => undefined, clock, log: silentLog, emit: () => undefined };
  poller = createPoller({
    ...parts,
    kapso,
    timeout: 500,
    phoneNumberId: account,
    intake: createIntake({
      ...parts,
      account,
      sessionFor,
      admit: admitAll,
      wake: () => undefined,
      wakeReplies: () => undefined,
    }),
    random: () => 0.5,
    stateDir: dir,
    firstStart: await openAccount({
      account,
      stateDir: dir,
      store,
      sessionFor,
      clock,
      log: silentLog,
      emit: () => undefined,
    }),
    settings: () => ({ interval: 30, overlap: 300 }),
  });
  await poller.once();
});

afterEach(async () => {
  poller.stop();
  await store.close();
  transport.close();
  await local[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

async function delivered(): Promise<string[]> {
  const texts: string[] = [];
  for (const lane of await store.lanes())
    for (let entry = await store.head(lane); entry; entry = await store.head(lane)) {
      texts.push((JSON.parse(entry.body) as InboundMessage).text);
      await store.settle(entry.id, 'answered');
    }
  return texts.sort();
}

const failed = async () => (await store.list({ states: ['failed'], limit: 100 })).map(({ id }) => id).sort();

describe('several messages too large to be read', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'].map(name => `wamid.${name}`);

  it('that begin alike are each kept for the operator, once, and what lies behind them is received', async () => {
    rows = [small('wamid.new'), ...ids.map(nameless), small('wamid.old')];
    await poller.once();
    await poller.once();
    expect(await delivered()).toEqual(['wamid.new', 'wamid.old']);
    expect(await failed()).toEqual(ids.map(id => `unreadable:${id}`));
  });

  it('that nothing at all tells apart do not end the pass', async () => {
    rows = [small('wamid.new'), ...ids.map(() => nameless(null)), small('wamid.old')];
    await poller.once();
    expect(await delivered()).toEqual(['wamid.new', 'wamid.old']);
    expect(await failed()).toEqual([expect.stringMatching(/^unreadable:[0-9a-f]{64}$/)]);
  });

  it('that come again and again, under a new cursor each time, do end it', async () => {
    let asked = 0;
    respond = (_, response) => {
      asked += 1;
      response.end(JSON.stringify({ data: [nameless('wamid.round')], paging: { cursors: { after: String(asked) } } }));
    };
    await poller.once();
    expect(asked).toBeLessThan(1000);
    expect(await failed()).toEqual(['unreadable:wamid.round']);
  });
});

describe.each([
  ['says that there is nothing after', { paging: { cursors: { after: null } } }],
  ['has null for its paging', { paging: null }],
  ['has no paging', {}],
])('the last page, where it %s', (_, end) => {
  it.each([
    ['small', 'x', []],
    ['too large', large, ['unreadable:wamid.last']],
  ])('ends the pass with a message that is %s', async (_, body, unreadable) => {
    lastPaging = end;
    rows = [small('wamid.new'), small('wamid.last', body)];
    await poller.once();
    expect(await delivered()).toEqual(unreadable.length > 0 ? ['wamid.new'] : ['wamid.new', 'x']);
    expect(await failed()).toEqual(unreadable);
  });
});

it('does not pass over the rows of a page that is too large and has more of them than were asked for', async () => {
  honoursLimit = false;
  const cursor = await store.cursor(account);
  rows = [small('wamid.large', large), small('wamid.b'), small('wamid.c')];
  await expect(poller.once()).rejects.toThrow(/with 3 messages of \d+ bytes together.*where one was asked for/);
  expect(await store.cursor(account)).toBe(cursor);
  expect((await store.counts()).byState).toMatchObject({ failed: 0, held: 0 });
});

it('asks for fewer rows where a page does not come to its end in time', async () => {
  rows = Array.from({ length: 40 }, (_, index) => small(`wamid.${index}`));
  respond = (request, response) => {
    const limit = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('limit'));
    if (limit <= 30) return list(request, response);
    limits.push(limit);
    response.write('{"data":[');
  };
  limits = [];
  await poller.once();
  expect((await delivered()).length).toBe(40);
  expect(limits.slice(0, 3)).toEqual([100, 50, 25]);
});
