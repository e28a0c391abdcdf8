import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRefusals } from '../../src/delivery/refusals.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { toEntries } from '../../src/intake/to-entries.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';

const account = '106540352242922';
const hour = 3_600_000;
const text = 'This number is not open to everybody.';

let dir: string;
let store: Store;
let clock: ReturnType<typeof manualClock>;
let woken: string[];
let refusal: string | undefined;
let tell: (id: string) => Promise<void>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-refusals-'));
  clock = manualClock(Date.UTC(2026, 10, 22, 20));
  store = await openStore({ dir, clock });
  woken = [];
  refusal = text;
  tell = createRefusals({ store, clock, settings: () => ({ refusal }), wakeReplies: lanes => woken.push(...lanes) });
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true });
});

/** Keeps a message as denied, and tells its sender. */
async function refuse(id: string, more: Partial<InboundMessage> = {}, phone = '15550001111'): Promise<void> {
  const message: InboundMessage = {
    ...{ id, account, sender: { phone, userId: null, name: null, username: null }, conversationId: null },
    ...{ timestamp: clock.now(), type: 'text', text: 'hello', media: null, ...more },
  };
  const rules = {
    sessionFor: () => ({ key: 's', of: 'conversation' as const }),
    admit: () => ({ kind: 'denied' as const, reason: 'a stranger', keepText: false }),
  };
  await store.accept(toEntries([{ kind: 'message', message }], { account, ...rules, log: silentLog }));
  await tell(id);
}

const told = async () =>
  (await store.outbox.list({ limit: 99 })).reverse().map(({ message, recipient }) => [message, recipient]);

it('tells each contact once a day, in whatever day of the calendar that is', async () => {
  await refuse('a');
  await refuse('b');
  await refuse('other', {}, '15550002222');
  expect(await told()).toEqual([
    ['a', '+15550001111'],
    ['other', '+15550002222'],
  ]);
  expect(woken).toEqual([`${account}/+15550001111`, `${account}/+15550002222`]);
  // After midnight, and still within 24 hours.
  clock.advance(5 * hour);
  await refuse('c');
  clock.advance(18 * hour);
  await refuse('d');
  expect(await told()).toHaveLength(2);
  clock.advance(2 * hour);
  await refuse('e');
  await refuse('f');
  expect(await told()).toHaveLength(3);
  const [row] = await store.outbox.list({ limit: 1 });
  expect(row).toMatchObject({ message: 'e', via: 'refusal', part: 1, parts: 1, sendBefore: clock.now() + 24 * hour });
});

it('keeps to that over a restart of the program, and at the same time', async () => {
  await refuse('a');
  tell = createRefusals({ store, clock, settings: () => ({ refusal }), wakeReplies: lanes => woken.push(...lanes) });
  await Promise.all([refuse('b'), refuse('c')]);
  await Promise.all([refuse('x', {}, '15550003333'), refuse('y', {}, '15550003333')]);
  expect(await told()).toHaveLength(2);
});

it('tells nobody without a sentence', async () => {
  refusal = undefined;
  await refuse('a');
  expect(await told()).toEqual([]);
});

it.each<[string, Partial<InboundMessage>]>([
  ['a group', { groupId: 'G1' }],
  ['a notice of WhatsApp', { type: 'system' }],
  ['the first opening of the chat', { type: 'request_welcome' }],
  ['a message whose window is over', { timestamp: Date.UTC(2026, 10, 21, 20) }],
])('does not answer %s', async (_, message) => {
  await refuse('a', message);
  expect(await told()).toEqual([]);
});

it('does not answer whom an operator has denied', async () => {
  await refuse('a');
  await store.access.deny({ account, contact: '+15550001111' }, 'alice');
  clock.advance(25 * hour);
  await refuse('b');
  expect(await told()).toEqual([['a', '+15550001111']]);
});
