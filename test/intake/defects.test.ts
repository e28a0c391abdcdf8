/** A defect in what decides about one message costs that message, and no other one of its page. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../src/domain/message.ts';
import { createIntake } from '../../src/intake/accept.ts';
import type { KapsoTime } from '../../src/intake/kapso-time.ts';
import type { IntakeRules } from '../../src/intake/to-entries.ts';
import type { Normalised } from '../../src/kapso/inbound/normalised.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import type { PairingOffer } from '../../src/store/access.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';

const account = '106540352242922';
const lane = (phone: string) => `${account}/+${phone}`;

let dir: string;
let store: Store;
let events: AppEvent[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-defects-'));
  store = await openStore({ dir, clock: manualClock(1_770_000_000_000) });
  events = [];
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

function message(id: string, phone: string): Normalised {
  const sender = { phone, userId: null, name: null, username: null };
  const text = { type: 'text', text: 'the words', media: null };
  return {
    kind: 'message',
    message: { id, account, sender, conversationId: null, timestamp: 1_770_000_000_000, ...text },
  };
}

const page = ['1', '2', '3'].map(n => message(`wamid.${n}`, `1555000000${n}`));
const fail = () => {
  throw new TypeError('no such thing');
};
const isSecond = ({ id }: Pick<InboundMessage, 'id'>) => id === 'wamid.2';
const offer: PairingOffer = {
  ...{ newCode: () => 'CODE', expires: 60_000, most: 9, held: 9, tell: null },
};

function intakeWith(rules: Partial<IntakeRules>) {
  return createIntake({
    store,
    account,
    sessionFor: ({ contact }) => ({ key: `session of ${contact}`, of: 'conversation' }),
    admit: () => ({ kind: 'admitted' }),
    ...rules,
    kapsoTime: { observeMessage: () => undefined } as unknown as KapsoTime,
    checkClock: () => undefined,
    log: silentLog,
    wake: () => undefined,
    wakeReplies: () => undefined,
    emit: event => events.push(event),
  });
}

const unpairedSecond: IntakeRules['admit'] = (_, one) => ({ kind: isSecond(one) ? 'unpaired' : 'admitted' });
const defects: [string, Partial<IntakeRules>][] = [
  ['whether its sender may write', { admit: (_, one) => (isSecond(one) ? fail() : { kind: 'admitted' }) }],
  ['whether it is a command', { commandOf: (_, one) => (isSecond(one) ? fail() : null) }],
  ['how its sender can be approved', { admit: unpairedSecond, offerPairing: fail }],
];

describe.each(defects)('a failure to say %s', (_, rules) => {
  it.each(['a pass', 'webhooks'])(
    'keeps the message as failed with the reason, and the others of %s arrive',
    async way => {
      const intake = intakeWith(rules);
      if (way === 'a pass') await intake.hold(page, { newestFirst: true });
      const accepted = await (way === 'a pass'
        ? intake.endPass([], { newestFirst: true, cursor: 1 })
        : intake.accept(page));
      expect(accepted.lanes.toSorted()).toEqual([lane('15550000001'), lane('15550000003')]);
      const kept = await store.get('wamid.2');
      expect(kept).toMatchObject({
        state: 'failed',
        lane: lane('15550000002'),
        session: 'session of +15550000002',
        reason: expect.stringMatching(/^It could not be taken in: no such thing\. This is a defect/),
      });
      expect(kept?.body).toContain('the words');
      expect(events).toContainEqual({ type: 'unreadable kept', message: 'wamid.2', reason: kept?.reason });
      await store.retry(['wamid.2']);
      expect(await store.head(lane('15550000002'))).toMatchObject({ id: 'wamid.2' });
    },
  );
});

it('what is new and what was there before is told with the way it came', async () => {
  const intake = intakeWith({});
  await intake.accept(page.slice(0, 1));
  await intake.hold(page.slice(0, 2), { newestFirst: true });
  await intake.endPass(page, { newestFirst: true, cursor: 1 });
  expect(events.filter(({ type }) => type.startsWith('messages '))).toEqual([
    { type: 'messages accepted', count: 1, messages: [expect.any(String)], by: 'webhook' },
    { type: 'messages accepted', count: 1, messages: [expect.any(String)], by: 'poll' },
    { type: 'messages known', count: 1, by: 'poll' },
    { type: 'messages accepted', count: 1, messages: [expect.any(String)], by: 'poll' },
    { type: 'messages known', count: 2, by: 'poll' },
  ]);
});

it('a failure to say where a message belongs keeps it aside', async () => {
  const sessionFor: IntakeRules['sessionFor'] = ({ contact }) =>
    contact === '+15550000002' ? fail() : { key: contact, of: 'conversation' };
  const { lanes } = await intakeWith({ sessionFor }).accept(page);
  expect(lanes.toSorted()).toEqual([lane('15550000001'), lane('15550000003')]);
  expect(await store.get('wamid.2')).toMatchObject({ state: 'failed', contact: '+15550000002' });
});

it.each<[string, Partial<PairingOffer>]>([
  ['a code', { newCode: fail, tell: () => fail() }],
  ['what tells a code', { tell: fail }],
])('a failure to make %s denies the one message', async (_, more) => {
  const intake = intakeWith({ admit: unpairedSecond, offerPairing: () => ({ ...offer, ...more }) });
  await intake.hold(page, { newestFirst: true });
  const { lanes } = await intake.endPass([], { newestFirst: true, cursor: 1 });
  expect(lanes.toSorted()).toEqual([lane('15550000001'), lane('15550000003')]);
  expect(await store.get('wamid.2')).toMatchObject({
    state: 'denied',
    reason: 'No code could be made for its sender: no such thing. This is a defect of the program',
  });
  expect(await store.access.list()).toEqual([]);
});
