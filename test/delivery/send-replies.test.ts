import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/agents/agent.ts';
import { createReplySender } from '../../src/delivery/send-replies.ts';
import { type MediaContent, type OutgoingFile, wordsOf } from '../../src/domain/content.ts';
import { readContent, writeContent } from '../../src/domain/outgoing-body.ts';
import { KapsoWhatsappError } from '../../src/errors.ts';
import type {
  LookUpResult,
  OutgoingMessage,
  SendResult,
  UploadResult,
} from '../../src/kapso/outbound/outgoing-sends.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { openStore } from '../../src/store/open.ts';
import type { NewOutgoing } from '../../src/store/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { nobody, received } from '../store/received.ts';

const hour = 3_600_000;
const account = '106540352242922';
const lane = `${account}/+15551234567`;
const start = 100 * 24 * hour;

let dir: string;
let clock: ManualClock;
let store: Store;
let told: AppEvent[];
let sends: OutgoingMessage[];
let looks: ({ ago: number } | { at: number })[];
let results: (SendResult | Error)[];
let lookUps: LookUpResult[];
let uploads: string[];
let onUpload: () => void;
let uploadResults: UploadResult[];
/** What can be taken, by its name in the agent's words. */
let takeable: Record<string, string>;
let settings: { lookUpFor: number; template?: string; templateLanguage: string };
let kapsoNow: number | null;
/** What Kapso tells when it is asked. */
let toldNow: number | null;
let stop: AbortController;
let beforeResult: () => Promise<unknown>;
let turn: (lane: string) => Promise<unknown>;

function reply(id: string, over: Partial<NewOutgoing> = {}): NewOutgoing {
  const body = writeContent({ kind: 'text', text: `text of ${id}` });
  return {
    ...{
      id,
      message: id,
      answer: `${id}#1`,
      account,
      lane,
      recipient: '+15551234567',
      via: 'relay',
      part: 1,
      parts: 1,
    },
    ...{ body, sendBefore: start + 24 * hour, ...over },
  };
}

const sender = () =>
  createReplySender({
    account,
    outbox: store.outbox,
    contacts: store.contacts,
    kapso: {
      time: async () => {
        stop.signal.throwIfAborted();
        return kapsoNow ?? toldNow;
      },
      attempt: async message => {
        sends.push(message);
        await beforeResult();
        const result = results.shift() ?? { kind: 'sent', id: `wamid.${sends.length}` };
        if (result instanceof Error) throw result;
        return result;
      },
      upload: async ({ path }) => {
        uploads.push(path);
        onUpload();
        return uploadResults.shift() ?? { kind: 'uploaded', id: `media-${uploads.length}` };
      },
      lookUp: async (_message, since) => {
        looks.push(since);
        return lookUps.shift() ?? { kind: 'absent', asOf: clock.monotonic() };
      },
    },
    media: {
      take: async (_id, { named }) => {
        if (named === './away.png') throw new GatewayError('away', 'no gateway');
        const path = takeable[named];
        if (path === undefined)
          throw new KapsoWhatsappError('SEND_FILE_REFUSED', `${named} is a secret`, { hint: 'No' });
        return { media: 'image', source: { file: fileAt(path) } };
      },
    },
    clock,
    random: () => 0.5,
    emit: event => told.push(event),
    kapsoNow: () => kapsoNow,
    settings: () => settings,
    scrub: text => text.replace('SECRET', '…'),
    signal: stop.signal,
  });

const fileAt = (path: string): OutgoingFile => ({ path, mimeType: 'image/png', name: 'image.png', size: 9 });
const image = (more: Partial<MediaContent> = {}) =>
  writeContent({ kind: 'media', media: 'image', source: { file: fileAt('/out/a.png') }, ...more });
const refused = (code: number, reason = 'refused'): Extract<SendResult, { kind: 'refused' }> => ({
  ...{ kind: 'refused', window: false, code, reason, other: null },
});

const stateOf = async (id: string) => (await store.outbox.get(id))?.state;
const texts = () => sends.map(({ content }) => wordsOf(content));

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-replies-'));
  clock = manualClock(start);
  store = await openStore({ dir, clock });
  [told, sends, looks, results, lookUps] = [[], [], [], [], []];
  [uploads, uploadResults, takeable, onUpload] = [[], [], {}, () => undefined];
  settings = { lookUpFor: 60, templateLanguage: 'en' };
  kapsoNow = start;
  toldNow = null;
  stop = new AbortController();
  beforeResult = async () => undefined;
  turn = sender();
});

afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('a reply', () => {
  it('is sent once, in its order, each with a mark of its own', async () => {
    await store.outbox.add([reply('a'), reply('b')]);
    expect([await turn(lane), await turn(lane), await turn(lane)]).toEqual(['more', 'more', 'empty']);
    expect(texts()).toEqual(['text of a', 'text of b']);
    expect(new Set(sends.map(({ mark }) => mark)).size).toBe(2);
    expect(await store.outbox.get('a')).toMatchObject({ state: 'sent', sentId: 'wamid.1' });
    expect(told[0]).toMatchObject({ type: 'reply sent', message: 'a', sentId: 'wamid.1', via: 'relay' });
  });

  it('waits as long as Kapso asks, and holds up the replies to others only where all are refused', async () => {
    const other = `${account}/+15559999999`;
    await store.outbox.add([reply('a'), reply('b', { lane: other })]);
    results = [{ kind: 'not now', all: false, operator: false, reason: 'pair SECRET', retryAfter: 6000 }];
    expect(await turn(lane)).toEqual({ until: start + 6000 });
    expect(await store.outbox.get('a')).toMatchObject({ state: 'pending', reason: 'pair …', attempts: 0 });
    expect(await turn(lane)).toEqual({ until: start + 6000 });
    expect(await turn(other)).toBe('more');
    clock.advance(6000);
    results = [{ kind: 'not now', all: true, operator: false, reason: '429', retryAfter: 60_000 }];
    expect(await turn(lane)).toEqual({ until: start + 66_000 });
    await store.outbox.add([reply('c', { lane: other })]);
    expect(await turn(other)).toEqual({ until: start + 66_000 });
    clock.advance(60_000);
    expect([await turn(other), await turn(lane)]).toEqual(['more', 'more']);
  });

  it('is not held up for decades by a Retry-After', async () => {
    await store.outbox.add([reply('a')]);
    results = [{ kind: 'not now', all: true, operator: false, reason: '429', retryAfter: 1e15 }];
    expect(await turn(lane)).toEqual({ until: start + 20 * 60_000 });
  });

  it('waits for the operator while the key is refused, and says so', async () => {
    await store.outbox.add([reply('a')]);
    results = [{ kind: 'not now', all: true, operator: true, reason: 'the key', retryAfter: null }];
    expect(await turn(lane)).toEqual({ until: start + 60_000 });
    expect(told).toMatchObject([{ type: 'reply put off', operator: true }]);
  });

  it('fails with its code when it is refused for good, and its later parts with it', async () => {
    await store.outbox.add([reply('a', { parts: 2 }), reply('a2', { message: 'a', answer: 'a#1', part: 2, parts: 2 })]);
    results = [{ kind: 'refused', window: false, code: 131026, reason: 'not on WhatsApp', other: null }];
    expect([await turn(lane), await turn(lane)]).toEqual(['more', 'empty']);
    expect(await store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131026, reason: 'not on WhatsApp' });
    expect(await stateOf('a2')).toBe('failed');
    expect(told).toMatchObject([{ type: 'reply failed', code: 131026 }]);
  });

  it('goes to the other spelling of the number once', async () => {
    await store.outbox.add([reply('a', { recipient: '+5491122334455' })]);
    const refused = {
      kind: 'refused',
      window: false,
      code: 131030,
      reason: 'unknown',
      other: '+541122334455',
    } as const;
    results = [refused, { ...refused, other: '+5491122334455' }];
    expect([await turn(lane), await turn(lane)]).toEqual(['more', 'more']);
    expect(sends.map(({ to }) => to)).toEqual(['+5491122334455', '+541122334455']);
    expect(await stateOf('a')).toBe('failed');
  });

  it('goes to the spelling that worked from then on', async () => {
    await store.accept([received('wamid.a', { phone: '5491122334455' }, { account, occurredAt: start })]);
    const ann = { lane: `${account}/+541122334455`, recipient: '+5491122334455' };
    await store.outbox.add([reply('a', ann), reply('b', ann)]);
    const other = '+541122334455';
    results = [{ kind: 'refused', window: false, code: 131030, reason: 'unknown', other }];
    for (let turns = 0; turns < 3; turns += 1) expect(await turn(ann.lane)).toBe('more');
    expect(sends.map(({ to }) => to)).toEqual(['+5491122334455', other, other]);
  });

  it('goes to where the contact is now, when the number has changed since', async () => {
    await store.accept([received('wamid.a', { phone: '15551234567' }, { account, occurredAt: start })]);
    await store.outbox.add([reply('a')]);
    const change = { before: { ...nobody, phone: '15551234567' }, after: { ...nobody, phone: '15557654321' } };
    await store.accept([received('wamid.b', { ...change.before, change }, { account, occurredAt: start + 1 })]);
    expect(await turn(lane)).toBe('more');
    expect(sends.map(({ to }) => to)).toEqual(['+15557654321']);
    expect(await store.outbox.get('a')).toMatchObject({ state: 'sent', recipient: '+15557654321' });
  });

  it('goes to nobody when the number is another person’s by now', async () => {
    await store.accept([received('wamid.a', { phone: '15551234567' }, { account, occurredAt: start })]);
    await store.outbox.add([reply('a')]);
    const change = { before: { ...nobody, phone: '15557654321' }, after: { ...nobody, phone: '15551234567' } };
    await store.accept([received('wamid.b', { ...change.before, change }, { account, occurredAt: start + 1 })]);
    expect(await turn(lane)).toBe('more');
    expect(sends).toEqual([]);
    expect(await store.outbox.get('a')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('another person'),
    });
  });

  it('that an operator drops is not sent', async () => {
    await store.outbox.add([reply('a')]);
    await store.outbox.drop(['a']);
    expect(await turn(lane)).toBe('empty');
    expect(sends).toEqual([]);
  });

  it('of another number is left to that number', async () => {
    const elsewhere = '647000000000009/+15551234567';
    await store.outbox.add([reply('a', { account: '647000000000009', lane: elsewhere })]);
    expect(await turn(elsewhere)).toBe('empty');
    expect([sends, await stateOf('a')]).toEqual([[], 'pending']);
  });

  it('that an operator drops while Kapso refuses it is not reported as failed', async () => {
    await store.outbox.add([reply('a')]);
    beforeResult = () => store.outbox.drop(['a']);
    results = [{ kind: 'refused', window: false, code: 131026, reason: 'not on WhatsApp', other: null }];
    await turn(lane);
    expect([told, await stateOf('a')]).toEqual([[], 'dropped']);
  });

  it('that is damaged fails, and holds up nothing', async () => {
    await store.outbox.add([reply('a', { body: '{"v":9}' }), reply('b')]);
    expect([await turn(lane), await turn(lane)]).toEqual(['more', 'more']);
    expect([await stateOf('a'), texts()]).toEqual(['failed', ['text of b']]);
  });
});

describe('a reply whose request had no answer', () => {
  beforeEach(async () => {
    await store.outbox.add([reply('a'), reply('b')]);
    results = [{ kind: 'unknown', reason: 'no answer SECRET' }];
    expect(await turn(lane)).toEqual({ until: start + 500 });
    expect((await store.outbox.get('a'))?.reason).toBe('no answer …');
    clock.advance(500);
  });

  it('is looked for, and nothing overtakes it', async () => {
    expect(await turn(lane)).toEqual({ until: start + 1000 });
    expect(texts()).toEqual(['text of a']);
    clock.advance(500);
    lookUps = [{ kind: 'found', id: 'wamid.late' }];
    expect([await turn(lane), await turn(lane)]).toEqual(['more', 'more']);
    expect(looks).toEqual([{ ago: 500 }, { ago: 1000 }]);
    expect(await store.outbox.get('a')).toMatchObject({ state: 'sent', sentId: 'wamid.late' });
    expect(texts()).toEqual(['text of a', 'text of b']);
  });

  it('is sent again only after it was absent for the whole time', async () => {
    while (clock.now() < start + 60_000) {
      await turn(lane);
      expect(sends).toHaveLength(1);
      clock.advance(10_000);
    }
    expect([await turn(lane), await turn(lane)]).toEqual(['more', 'more']);
    expect(texts()).toEqual(['text of a', 'text of a']);
    expect(new Set(sends.map(({ mark }) => mark)).size).toBe(2);
    expect(told.map(({ type }) => type)).toContain('reply sent again');
  });

  it('begins the time anew when the list could not be read', async () => {
    clock.advance(50_000);
    await turn(lane);
    lookUps = [{ kind: 'unreadable', reason: '503', retryAfter: null, refused: null }];
    clock.advance(11_000);
    await turn(lane);
    clock.advance(59_000);
    await turn(lane);
    expect(sends).toHaveLength(1);
    clock.advance(10_000);
    expect([await turn(lane), await turn(lane)]).toEqual(['more', 'more']);
    expect(texts()).toEqual(['text of a', 'text of a']);
  });

  it('is looked for by a restarted process too, from the time of the message by the clock of WhatsApp', async () => {
    turn = sender();
    clock.set(-5 * hour);
    await turn(lane);
    expect(looks).toEqual([{ at: start }]);
    expect(sends).toHaveLength(1);
    clock.advance(59_000);
    await turn(lane);
    expect(sends).toHaveLength(1);
  });

  it('is looked for by a restarted process from when it left, not from the message that it answers', async () => {
    lookUps = [{ kind: 'found', id: 'wamid.a' }];
    await turn(lane);
    looks = [];
    clock.set(hour);
    [kapsoNow, toldNow] = [null, start + hour];
    results = [{ kind: 'unknown', reason: 'no answer' }];
    await turn(lane);
    turn = sender();
    clock.advance(500);
    await turn(lane);
    expect(looks).toEqual([{ at: start + hour - 30_000 }]);
  });

  it('is sent again by a restarted process after one look, when it left long ago by both clocks', async () => {
    turn = sender();
    clock.set(60_000);
    expect([await turn(lane), texts()]).toEqual([{ until: start + 61_000 }, ['text of a']]);
    clock.advance(500);
    kapsoNow = start + 60_000;
    expect([await turn(lane), await turn(lane)]).toEqual(['more', 'more']);
    expect(texts()).toEqual(['text of a', 'text of a']);
  });

  it('waits the whole time again when a restarted process could not read the list', async () => {
    turn = sender();
    lookUps = [{ kind: 'unreadable', reason: '503', retryAfter: null, refused: null }];
    clock.set(3_600_000);
    kapsoNow = start + 3_600_000;
    for (const ms of [0, 50_000, 9000]) {
      clock.advance(ms);
      await turn(lane);
    }
    expect([looks.length, sends.length]).toEqual([3, 1]);
    clock.advance(10_000);
    expect([await turn(lane), await turn(lane)]).toEqual(['more', 'more']);
    expect(texts()).toEqual(['text of a', 'text of a']);
  });

  it('is left to the operator when the list was refused for the whole time', async () => {
    const refusal = { kind: 'unreadable', reason: '403 SECRET', retryAfter: null, refused: 403 } as const;
    lookUps = Array.from({ length: 4 }, () => refusal);
    const turns: unknown[] = [];
    for (const ms of [0, 30_000, 29_000, 10_000]) {
      clock.advance(ms);
      turns.push(await turn(lane));
    }
    expect([turns.at(-2), turns.at(-1)]).toEqual([{ until: clock.now() - 8000 }, 'more']);
    const reason = expect.stringMatching(/may have been sent.*403 …/);
    expect(await store.outbox.get('a')).toMatchObject({ state: 'failed', code: 403, reason });
  });

  it('is left to the operator when too much was sent since to look through', async () => {
    lookUps = [{ kind: 'too many' }];
    expect(await turn(lane)).toBe('more');
    const reason = expect.stringContaining('may have been sent');
    expect(await store.outbox.get('a')).toMatchObject({ state: 'failed', reason, sentId: null });
    expect(sends).toHaveLength(1);
  });

  it('fails when Kapso has it as failed', async () => {
    lookUps = [{ kind: 'failed', code: 131053, reason: 'type' }];
    await turn(lane);
    expect(await store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131053 });
  });

  it('is known by the report of its mark', async () => {
    const mark = sends[0]?.mark ?? '';
    await store.outbox.report({ sentId: 'wamid.9', mark, status: 'delivered', at: start, code: null, reason: null });
    await turn(lane);
    expect(texts()).toEqual(['text of a', 'text of b']);
    expect(looks).toEqual([]);
  });
});

describe('after 24 hours', () => {
  const late = start + 24 * hour;

  it('a reply fails at once, with what would help', async () => {
    await store.outbox.add([reply('a')]);
    kapsoNow = late;
    clock.set(late - start);
    await turn(lane);
    expect(sends).toEqual([]);
    expect(await store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131047 });
    expect((await store.outbox.get('a'))?.reason).toContain('reply.template');
  });

  it('a reply goes out as the template where one is set', async () => {
    settings.template = 'late_answer';
    await store.outbox.add([
      reply('a', { body: writeContent({ kind: 'text', text: 'two\nlines', quote: 'wamid.q' }) }),
    ]);
    kapsoNow = late;
    clock.set(late - start);
    await turn(lane);
    const template = { kind: 'template', name: 'late_answer', language: 'en', text: 'two lines' };
    expect(sends.map(({ content }) => content)).toEqual([template]);
    expect(readContent((await store.outbox.get('a'))?.body ?? '')).toEqual(template);
  });

  const written = { id: 'm', account, lane: 'any', contact: '+15551234567', occurredAt: start + 2 * hour, body: '{}' };
  const group = `${account}/group/G1`;

  it('a reply is sent when the contact has written since', async () => {
    await store.outbox.add([reply('a')]);
    await store.accept([{ ...written, conversation: lane }]);
    kapsoNow = late + hour;
    clock.set(kapsoNow - start);
    expect(await turn(lane)).toBe('more');
    expect(texts()).toEqual(['text of a']);
  });

  it('a reply is not sent because of what the contact has written in a group since: that opens only the group', async () => {
    await store.outbox.add([reply('a'), reply('b', { lane: group, recipient: 'group:G1' })]);
    await store.accept([{ ...written, lane: group }]);
    kapsoNow = late + hour;
    clock.set(kapsoNow - start);
    for (const one of [lane, group]) await turn(one);
    expect(sends.map(({ to }) => to)).toEqual(['group:G1']);
    expect(await store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131047 });
  });

  it.each([
    ['this machine', late + hour, null],
    ['this machine, against Kapso', late + hour, start],
    ['Kapso', start, late + hour],
  ])('nothing is held back because of the clock of %s alone', async (_of, own, kapso) => {
    await store.outbox.add([reply('a')]);
    clock.set(own - start);
    kapsoNow = kapso;
    await turn(lane);
    expect(texts()).toEqual(['text of a']);
  });

  it('what Kapso refuses for that reason goes out as the template', async () => {
    settings.template = 'late_answer';
    await store.outbox.add([reply('a')]);
    results = [{ kind: 'refused', window: true, code: 131047, reason: 'closed', other: null }];
    await turn(lane);
    expect(sends.map(({ content }) => content.kind)).toEqual(['text', 'template']);
    expect(new Set(sends.map(({ mark }) => mark)).size).toBe(2);
    expect(await stateOf('a')).toBe('sent');
  });
});

it('a program that stops leaves what has left as it is', async () => {
  await store.outbox.add([reply('a')]);
  results = [new Error('aborted')];
  stop.abort(new Error('stopping'));
  expect(await turn(lane)).toBe('empty');
  expect(await stateOf('a')).toBe('sending');
});

it('a reply with buttons goes as a template with its words when its time is over', async () => {
  const interactive = { type: 'button', body: { text: 'Shall we?' }, action: {} };
  await store.outbox.add([reply('a', { body: writeContent({ kind: 'interactive', interactive }) })]);
  settings.template = 'late';
  kapsoNow = clock.now() + 25 * hour;
  clock.advance(25 * hour);
  expect(await turn(lane)).toBe('more');
  expect(sends.map(({ content }) => content)).toEqual([
    { kind: 'template', name: 'late', language: 'en', text: 'Shall we?' },
  ]);
});

describe('a reply with a file', () => {
  it('is uploaded before it leaves, and its row keeps the id and the file', async () => {
    await store.outbox.add([reply('a', { body: image({ caption: 'Here' }) })]);
    expect(await turn(lane)).toBe('more');
    expect(uploads).toEqual(['/out/a.png']);
    expect(sends[0]?.content).toEqual({ kind: 'media', media: 'image', caption: 'Here', source: { id: 'media-1' } });
    const row = await store.outbox.get('a');
    expect(row?.state).toBe('sent');
    expect(readContent(row?.body ?? '')).toMatchObject({ source: { file: fileAt('/out/a.png'), uploaded: 'media-1' } });
  });

  it('is uploaded once when this program ends between the upload and the send, or during the send', async () => {
    await store.outbox.add([reply('a', { body: image() })]);
    beforeResult = async () => {
      stop.abort();
      throw stop.signal.reason;
    };
    expect(await turn(lane)).toBe('empty');
    expect(await stateOf('a')).toBe('sending');
    // The next process: first as if nothing had left, then with a send in doubt.
    [stop, beforeResult] = [new AbortController(), async () => undefined];
    turn = sender();
    await store.outbox.defer('a', { until: 0, reason: 'not taken', counted: false, resend: true });
    results = [{ kind: 'unknown', reason: 'cut off' }];
    await turn(lane);
    lookUps = [{ kind: 'found', id: 'wamid.found' }];
    clock.advance(60_000);
    expect(await turn(lane)).toBe('more');
    expect(uploads).toHaveLength(1);
    expect(sends.map(({ content }) => content.kind === 'media' && content.source)).toEqual([
      { id: 'media-1' },
      { id: 'media-1' },
    ]);
    expect(await store.outbox.get('a')).toMatchObject({ state: 'sent', sentId: 'wamid.found' });
  });

  it('is not uploaded again when this program ends right after the upload, before anything left', async () => {
    await store.outbox.add([reply('a', { body: image() })]);
    kapsoNow = null;
    onUpload = () => stop.abort();
    expect(await turn(lane)).toBe('empty');
    expect(await store.outbox.get('a')).toMatchObject({ state: 'pending', mark: null });
    [stop, onUpload] = [new AbortController(), () => undefined];
    turn = sender();
    expect(await turn(lane)).toBe('more');
    expect(uploads).toHaveLength(1);
    expect(sends.map(({ content }) => content.kind === 'media' && content.source)).toEqual([{ id: 'media-1' }]);
  });

  it('waits when Kapso does not take the upload now, and begins nothing before', async () => {
    await store.outbox.add([reply('a', { body: image() })]);
    uploadResults = [{ kind: 'not now', all: true, operator: false, reason: '503 SECRET', retryAfter: 9000 }];
    expect(await turn(lane)).toEqual({ until: start + 9000 });
    expect(await store.outbox.get('a')).toMatchObject({ state: 'pending', mark: null, reason: '503 …', attempts: 0 });
    clock.advance(9000);
    expect(await turn(lane)).toBe('more');
    expect(await stateOf('a')).toBe('sent');
  });

  it('is uploaded again when Meta does not know the id any more, and fails when that does not help', async () => {
    const body = image({ source: { file: fileAt('/out/a.png'), uploaded: 'dead' } });
    await store.outbox.add([reply('a', { body }), reply('b', { body })]);
    results = [refused(100)];
    expect([await turn(lane), await turn(lane)]).toEqual(['more', 'more']);
    expect(sends.map(({ content }) => content.kind === 'media' && content.source)).toEqual([
      { id: 'dead' },
      { id: 'media-1' },
    ]);
    expect(await stateOf('a')).toBe('sent');
    results = [refused(100), refused(100)];
    expect([await turn(lane), await turn(lane)]).toEqual(['more', 'more']);
    expect(await store.outbox.get('b')).toMatchObject({ state: 'failed', code: 100 });
    expect(uploads).toHaveLength(2);
  });

  it('that fails takes neither its caption nor what follows with it', async () => {
    const parts = { message: 'a', answer: 'a#1', parts: 2 };
    await store.outbox.add([
      reply('a/1', { ...parts, body: image({ caption: 'The words', quote: 'wamid.q' }) }),
      reply('a/2', { ...parts, part: 2 }),
    ]);
    uploadResults = [refused(131053, 'not a picture')];
    expect([await turn(lane), await turn(lane), await turn(lane), await turn(lane)]).toEqual([
      ...['more', 'more', 'more', 'empty'],
    ]);
    expect(texts()).toEqual(['text of a/2', 'The words']);
    expect(sends[1]?.content).toEqual({ kind: 'text', text: 'The words', quote: 'wamid.q' });
    const failed = await store.outbox.get('a/1');
    expect(failed).toMatchObject({ state: 'failed', code: 131053, reason: 'not a picture' });
    // A retry sends the picture alone.
    await store.outbox.retry(['a/1']);
    expect(await turn(lane)).toBe('more');
    expect(sends[2]?.content).toEqual({ kind: 'media', media: 'image', source: { id: 'media-2' } });
    expect(told.find(({ type }) => type === 'reply failed')).toMatchObject({ reply: 'a/1', reason: 'not a picture' });
  });

  it('to whom nothing can be delivered gets no caption alone either', async () => {
    await store.outbox.add([reply('a', { body: image({ caption: 'The words' }) })]);
    results = [refused(131026, 'undeliverable')];
    expect([await turn(lane), await turn(lane)]).toEqual(['more', 'empty']);
    expect(await store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131026 });
    expect(sends).toHaveLength(1);
  });

  it('that could not be taken is taken when an operator retries it', async () => {
    const body = image({ source: { named: './b.png' } });
    await store.outbox.add([reply('a', { body, failure: 'outside' })]);
    await store.outbox.retry(['a']);
    expect(await turn(lane)).toBe('more');
    expect(await store.outbox.get('a')).toMatchObject({ state: 'failed', reason: './b.png is a secret. No' });
    takeable = { './b.png': '/out/b.png' };
    await store.outbox.retry(['a']);
    expect(await turn(lane)).toBe('more');
    expect(uploads).toEqual(['/out/b.png']);
    expect(await stateOf('a')).toBe('sent');
  });

  it('that could not be taken waits for a gateway that is away: it says where the agent works', async () => {
    const body = image({ source: { named: './away.png' } });
    await store.outbox.add([reply('a', { body, failure: 'outside' })]);
    await store.outbox.retry(['a']);
    expect(await turn(lane)).toEqual({ until: start + 60_000 });
    expect(await store.outbox.get('a')).toMatchObject({ state: 'pending', reason: 'no gateway', attempts: 0 });
  });

  it('is not uploaded when its time is over', async () => {
    await store.outbox.add([reply('a', { body: image() })]);
    kapsoNow = clock.now() + 25 * hour;
    clock.advance(25 * hour);
    expect(await turn(lane)).toBe('more');
    expect(uploads).toEqual([]);
    expect(await store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131047 });
  });
});
