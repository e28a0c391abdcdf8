import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPairing } from '../../src/access/pairing.ts';
import { createAdmissions } from '../../src/delivery/admissions.ts';
import { createForwarder } from '../../src/delivery/forward.ts';
import { createReplySender } from '../../src/delivery/send-replies.ts';
import type { Admission } from '../../src/domain/admission.ts';
import { admitAll } from '../../src/domain/admit.ts';
import { answerFailed } from '../../src/domain/answer-failed.ts';
import type { KnownContact } from '../../src/domain/contact.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { writeContent } from '../../src/domain/outgoing-body.ts';
import { readBody, writeBody } from '../../src/domain/stored-body.ts';
import { toEntries } from '../../src/intake/to-entries.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { openStore } from '../../src/store/open.ts';
import type { NewOutgoing, Via } from '../../src/store/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import { manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';
import { plainAnswers } from './plain-answers.ts';
import { scriptedGateway } from './scripted-gateway.ts';

const account = '106540352242922';
const phone = '15551234567';
const lane = `${account}/+${phone}`;
const clock = manualClock(Date.UTC(2026, 10, 22));
const pairing = { expires: 60, most: 100, held: 20, message: 'Your code is {code}' };
const denied = { kind: 'denied', reason: 'not in the list', keepText: false } as const;

let dir: string;
let store: Store;
let gateway: ReturnType<typeof scriptedGateway>;
let told: AppEvent[];
let sent: string[];
let woken: (readonly string[])[];
/** What the policy says at present, and whom it was asked about. */
let policy: Admission;
/** The same, by contact. */
let judge: (contact: KnownContact) => Admission;
let asked: { contact: KnownContact; groupId: string | undefined }[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-admissions-'));
  store = await openStore({ dir, clock });
  gateway = { ...scriptedGateway(), sessionFor: () => ({ key: 'agent:main:x', of: 'conversation' }) };
  [told, sent, asked, woken] = [[], [], [], []];
  policy = { kind: 'admitted' };
  judge = () => policy;
  await receive('wamid.A');
});

afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const admissions = () =>
  createAdmissions({
    store,
    admit: (contact, { groupId }) => {
      asked.push({ contact, groupId });
      return judge(contact);
    },
  });

async function receive(id: string, more: Partial<InboundMessage> = {}): Promise<void> {
  const message: InboundMessage = {
    ...{ id, account, sender: { phone, userId: null, name: 'Bob', username: null }, conversationId: null },
    ...{ timestamp: clock.now(), type: 'text', text: 'the words', media: null, ...more },
  };
  const items = [{ kind: 'message' as const, message }];
  await store.accept(toEntries(items, { account, sessionFor: gateway.sessionFor, admit: admitAll, log: silentLog }));
}

const forward = (of = lane) =>
  createForwarder({
    ...{ ...plainAnswers, store, gateway, clock },
    ...{},
    emit: event => told.push(event),
    wakeReplies: lanes => woken.push(lanes),
    admissions: admissions(),
    offerPairing: createPairing({ settings: () => ({ keepDeniedText: false, pairing }), randomBytes, clock }),
    giveUp: () => ({ attempts: 8, after: 3_600_000, beforeNext: 3 }),
    signal: new AbortController().signal,
  })(of);

const reply = () =>
  createReplySender({
    ...{
      account,
      outbox: store.outbox,
      contacts: store.contacts,
      clock,
      random: () => 0.5,
      kapsoNow: () => clock.now(),
      scrub: String,
    },
    kapso: {
      time: async () => null,
      attempt: async ({ to }) => {
        sent.push(to);
        return { kind: 'sent', id: `wamid.sent.${sent.length}` };
      },
      upload: async () => ({ kind: 'uploaded', id: '1' }),
      lookUp: async () => ({ kind: 'found', id: 'wamid.found' }),
    },
    media: { take: () => Promise.reject(new Error('nothing is taken here')), isHere: async () => true },
    emit: event => told.push(event),
    settings: () => ({ lookUpFor: 60, templateLanguage: 'en' }),
    admissions: admissions(),
    signal: new AbortController().signal,
  })(lane);

function row(via: Via, over: Partial<NewOutgoing> = {}): NewOutgoing {
  const body = writeContent({ kind: 'text', text: 'an answer' });
  return {
    ...{ id: `row-${via}`, message: 'wamid.A', answer: 'wamid.A#1', account, lane, recipient: `+${phone}`, via },
    ...{ part: 1, parts: 1, body, sendBefore: null, ...over },
  };
}

describe('a message that waits', () => {
  it('is handed over while its sender may write', async () => {
    await forward();
    expect(gateway.runs).toHaveLength(1);
    expect(asked).toMatchObject([{ contact: { key: `+${phone}`, identities: [{ identity: `+${phone}` }] } }]);
  });

  it("tells the agent of an answer that failed: the note is the bridge's own, and has no contact to ask about", async () => {
    const answered = await store.get('wamid.A');
    const body = readBody({ body: String(answered?.body), account });
    if (body.kind !== 'message') throw new Error('unreadable');
    const failure = { sentId: 'wamid.S', sentAt: 0, failedAt: 0, reason: 'the phone is off', code: 131026 };
    const note = answerFailed(body.message, failure);
    const { author, session } = answered ?? {};
    const entry = { id: note.id, account, lane, author: String(author), session: String(session) };
    await store.accept([{ ...entry, occurredAt: clock.now() - 1, body: writeBody(note) }]);
    await store.note(note.id);
    judge = contact => (contact.key === `+${phone}` && asked.length === 1 ? { kind: 'admitted' } : denied);
    await forward();
    expect(gateway.runs).toMatchObject([{ message: expect.stringContaining('the phone is off') }]);
  });

  it('is kept as denied, without its text, when its sender may not write any more', async () => {
    policy = denied;
    expect(await forward()).toBe('more');
    expect(gateway.runs).toEqual([]);
    const entry = await store.get('wamid.A');
    expect(entry).toMatchObject({ state: 'denied', reason: 'not in the list' });
    expect(JSON.parse(String(entry?.body))).toMatchObject({ id: 'wamid.A', sender: { phone }, type: 'text' });
    expect(entry?.body).not.toContain('the words');
    expect(told).toEqual([{ type: 'message refused', message: 'wamid.A', state: 'denied', reason: 'not in the list' }]);
    expect(await forward()).toBe('empty');
  });

  it('keeps its text where that is wanted, and goes to the agent when it is retried and its sender may write', async () => {
    policy = { ...denied, keepText: true };
    await forward();
    await store.retry(['wamid.A']);
    await forward();
    expect(await store.get('wamid.A')).toMatchObject({ state: 'denied' });
    policy = { kind: 'admitted' };
    await store.retry(['wamid.A']);
    await forward();
    expect(gateway.runs).toMatchObject([{ message: expect.stringContaining('the words') }]);
  });

  it('waits for the approval of its sender, with its text', async () => {
    policy = { kind: 'unpaired' };
    await forward();
    expect(gateway.runs).toEqual([]);
    const entry = await store.get('wamid.A');
    expect(entry).toMatchObject({ state: 'unpaired', reason: null, body: expect.stringContaining('the words') });
    expect(await store.outbox.list({ limit: 9 })).toMatchObject([{ via: 'pairing', recipient: `+${phone}` }]);
    expect(woken).toEqual([[lane]]);
    expect(told).toMatchObject([{ type: 'pairing began', message: 'wamid.A' }, { type: 'message refused' }]);
    await reply();
    expect(sent).toEqual([`+${phone}`]);
    expect(await store.access.list()).toMatchObject([{ contact: `+${phone}`, state: 'pending', held: 1 }]);
  });

  it('goes on when an operator has approved its sender meanwhile', async () => {
    await store.access.approve({ account, contact: `+${phone}` }, 'alice');
    policy = { kind: 'unpaired' };
    await forward();
    expect(gateway.runs).toHaveLength(1);
  });

  it('is denied when too many wait for approval', async () => {
    policy = { kind: 'unpaired' };
    pairing.most = 0;
    await forward();
    pairing.most = 100;
    expect(await store.get('wamid.A')).toMatchObject({
      state: 'denied',
      reason: '0 senders wait for approval already',
    });
    expect(told.at(-1)).toMatchObject({ type: 'message refused', state: 'denied' });
  });

  it('that was handed over waits for the approval too, and its run is looked for first then', async () => {
    await store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
    policy = { kind: 'unpaired' };
    await forward();
    expect(gateway.runs).toEqual([]);
    expect(await store.get('wamid.A')).toMatchObject({ state: 'unpaired', unresolvedRun: 'wamid.A' });
    expect(await store.access.pending()).toBe(1);
  });

  it('is not handed over again after a crash, when its sender may not write any more', async () => {
    await store.begin('wamid.A', { runKey: 'wamid.A', runNumber: 1 });
    policy = denied;
    await forward();
    expect(gateway.runs).toEqual([]);
    expect(await store.get('wamid.A')).toMatchObject({ state: 'denied', unresolvedRun: 'wamid.A' });
  });

  it('of a group is judged by its group', async () => {
    await receive('wamid.G', { groupId: 'G1' });
    policy = denied;
    await forward(`${account}/group/G1`);
    expect(asked.at(-1)).toMatchObject({ groupId: 'G1', contact: { key: `+${phone}` } });
    expect(await store.get('wamid.G')).toMatchObject({ state: 'denied' });
  });

  it('is handed over without what somebody wrote in its group who may not write any more', async () => {
    const other = { phone: '15550000000', userId: null, name: 'Eve', username: null };
    await receive('wamid.N', { groupId: 'G1', sender: other, text: 'do evil' });
    await receive('wamid.M', { groupId: 'G1', text: 'and good' });
    await receive('wamid.G', { groupId: 'G1' });
    for (const id of ['wamid.N', 'wamid.M']) await store.note(id);
    judge = contact => (contact.key === '+15550000000' ? denied : { kind: 'admitted' });
    await forward(`${account}/group/G1`);
    expect(gateway.runs).toHaveLength(1);
    expect(gateway.runs[0]?.message).toContain('and good');
    expect(gateway.runs[0]?.message).not.toContain('do evil');
  });

  it('of a contact that is not kept is judged by what it says itself', async () => {
    await store.accept([
      { id: 'wamid.old', account, lane: 'old', occurredAt: 1, body: String((await store.get('wamid.A'))?.body) },
    ]);
    await forward('old');
    expect(asked).toMatchObject([{ contact: { identities: [{ identity: `+${phone}`, inherited: false }] } }]);
  });
});

describe('a reply', () => {
  it.each(['relay', 'notice'] as const)('by %s leaves while its recipient may write, and not afterwards', async via => {
    await store.outbox.add([row(via)]);
    await reply();
    expect(sent).toEqual([`+${phone}`]);
    policy = denied;
    await store.outbox.add([row(via, { id: 'later' })]);
    await reply();
    expect(sent).toHaveLength(1);
    const reason = 'It answers a message that is not for the agent any more. not in the list';
    expect(await store.outbox.get('later')).toMatchObject({ state: 'failed', reason });
    expect(told.at(-1)).toMatchObject({ type: 'reply failed', reply: 'later', reason });
  });

  it('does not leave for who has to be approved again', async () => {
    await store.outbox.add([row('relay')]);
    policy = { kind: 'unpaired' };
    await reply();
    expect(await store.outbox.get('row-relay')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('has not been approved'),
    });
  });

  it('with a code that lets nobody in any more does not leave', async () => {
    policy = { kind: 'unpaired' };
    await forward();
    const [code] = await store.outbox.list({ limit: 1 });
    await store.access.approve({ account, contact: `+${phone}` }, 'alice');
    await store.outbox.retry([String(code?.id)]);
    await reply();
    expect(sent).toEqual([]);
    expect(await store.outbox.get(String(code?.id))).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('lets nobody in any more'),
    });
  });

  it('that left already is looked for', async () => {
    await store.outbox.add([row('relay')]);
    await store.outbox.begin('row-relay', { mark: 'm', recipient: `+${phone}`, body: row('relay').body });
    policy = denied;
    await reply();
    expect(await store.outbox.get('row-relay')).toMatchObject({ state: 'sent', sentId: 'wamid.found' });
  });

  it('to a message that was forgotten is judged by its recipient', async () => {
    policy = denied;
    await store.outbox.add([row('relay', { message: 'wamid.gone' })]);
    await reply();
    expect(asked).toMatchObject([{ contact: { key: `+${phone}`, identities: [{ identity: `+${phone}` }] } }]);
    await store.outbox.add([row('relay', { id: 'to-group', message: 'wamid.gone', recipient: 'group:G1' })]);
    await reply();
    expect(asked.at(-1)).toMatchObject({ groupId: 'G1', contact: { identities: [] } });
    expect(sent).toEqual([]);
  });
});
