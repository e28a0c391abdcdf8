import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AccountStatus, Status } from '../../src/observe/status.ts';
import {
  problemsOf,
  problemsOfAlerts,
  problemsOfHoldings,
  problemsOfSpace,
  silence,
  undecided,
} from '../../src/problems/assess.ts';
import { missedMore, problemsOfMissed } from '../../src/problems/silent-webhook.ts';
import { isProblemCode, problemKinds, sentenceOf, todoOf } from '../../src/problems/table.ts';

const now = Date.UTC(2026, 10, 28, 12);
const gateway = {
  url: 'ws://127.0.0.1:1',
  phase: 'connected',
  since: now,
  reason: null,
  hint: null,
  bootId: 'b',
} as const;
const polling = { interval: 30, lastAttempt: now, lastSuccess: now, lastError: null, nextAt: now + 30_000 };
const webhook = { address: ':18790', signature: true, publicUrl: null, accepted: 3, rejected: 0, lastError: null };
const registration = { webhook: 'w', checkedAt: now, reason: null, hint: null };
const well: Status = {
  ...{
    version: '1.2.3',
    pid: 1,
    startedAt: now - 3_600_000,
    updatedAt: now,
    mode: 'domain',
    gateway,
    polling,
    webhook,
  },
  ...{ tunnel: null, registration, lastMessageAt: null, lastDeliveredAt: null, lastError: null, sending: null },
};

/** What the status says of one of several numbers. */
const account = (label: string, its: Status['polling']): AccountStatus => ({
  ...{ id: label, label, polling: its, registration },
  ...{ lastMessageAt: null, lastDeliveredAt: null, lastError: null, sending: null },
});

describe('what a poller says of itself', () => {
  it.each<[string, Partial<Status>, string, RegExp]>([
    [
      'a gateway that is away',
      { gateway: { ...gateway, phase: 'waiting', reason: 'r' } },
      'gateway-away',
      /is waiting: r$/,
    ],
    [
      'a gateway that does not run',
      { gateway: { ...gateway, phase: 'connecting', reason: 'Nothing listens' } },
      ...(['gateway-away', /the gateway is away: Nothing listens$/] as const),
    ],
    [
      'an agent that is not there',
      { delivery: { since: now, reason: 'no agent', hint: 'Add it' } },
      'gateway-takes-nothing',
      /no agent; Add it$/,
    ],
    ['a clock that is wrong', { clock: { ahead: 86_400_000 } }, 'clock-wrong', /1 d ahead of Kapso's/],
    ['polling that fails', { polling: { ...polling, lastError: '502' } }, 'polling-fails', /polling fails: 502$/],
    [
      'a key that polling is refused',
      { polling: { ...polling, lastError: '401', errorCode: 'KAPSO_UNAUTHORIZED' } },
      ...(['key-refused', /polling fails: 401$/] as const),
    ],
    [
      'a key that answers are refused',
      { sending: { since: now, reason: '401' } },
      'key-refused',
      /refuses every answer: 401/,
    ],
    [
      'what polling cannot keep',
      { polling: { ...polling, lastError: 'no space', errorCode: 'STORE_FULL' } },
      ...(['store-unwritable', /no space/] as const),
    ],
    ['what webhooks cannot keep', { webhook: { ...webhook, lastError: 'no space' } }, 'store-unwritable', /no space/],
    [
      'a tunnel',
      { tunnel: { phase: 'waiting', url: null, reason: 'no tailnet', hint: null } },
      'tunnel-down',
      /no tailnet/,
    ],
    [
      'a registration that fails',
      { registration: { ...registration, reason: '403' } },
      'webhook-not-registered',
      /403/,
    ],
    [
      'a webhook that is off',
      { registration: { ...registration, off: 'it is switched off' } },
      'webhook-off',
      /switched off/,
    ],
  ])('%s', (_, change, code, says) => {
    const found = problemsOf({ ...well, ...change });
    expect(found.map(one => one.code)).toEqual([code]);
    expect(found.map(sentenceOf).join()).toMatch(says);
  });

  it('nothing, while all is well; no status at all is a problem', () => {
    expect(problemsOf(well)).toEqual([]);
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf(null)[0]?.code).toBe('poller-silent');
    const accounts = [account('sales', polling), account('support', { ...polling, nextAt: now + 90_000 })];
    expect(silence({ ...well, polling: null, accounts }, now + 61_000)[0]?.code).toBe('poller-silent');
    expect(silence(well, now + 59_000)).toEqual([]);
    expect(silence(well, now + 61_000)[0]?.code).toBe('poller-silent');
  });

  it('no number whole', () => {
    const found = problemsOf({
      ...well,
      delivery: { since: now, reason: 'of +15551234567', hint: 'ask +15551234567' },
    });
    expect(JSON.stringify(found)).not.toContain('15551234567');
  });
});

it('of several numbers, which one has it', () => {
  const refused = { ...polling, lastError: 'Kapso refused the key', errorCode: 'KAPSO_UNAUTHORIZED' };
  const off = { ...registration, off: 'it is switched off' };
  const accounts = [account('sales', polling), { ...account('support', refused), registration: off }];
  const several = { ...well, polling: null, accounts, registration: undefined } as unknown as Status;
  expect(problemsOf(several)).toMatchObject([
    { code: 'key-refused', account: 'support', says: 'support: polling fails: Kapso refused the key' },
    { code: 'webhook-off', account: 'support', says: expect.stringMatching(/^support: Kapso's webhook/) },
  ]);
  const waiting = { messages: 0, replies: 0 };
  expect(undecided(several, { now, waiting })).toEqual(['key-refused.support']);
  const open = [{ code: 'key-refused', account: 'sales', since: now, says: 'sales: polling fails: refused' }];
  const told = problemsOfAlerts({ alerts: { ways: ['command'], open, undelivered: null } });
  expect(told).toMatchObject([{ code: 'key-refused', account: 'sales' }]);
});

it('what the store holds and the disk has', () => {
  const none = { failedMessages: 0, failedReplies: 0, doubtfulReplies: 0 };
  expect(problemsOfHoldings(none)).toEqual([]);
  const some = problemsOfHoldings({ failedMessages: 1, failedReplies: 2, doubtfulReplies: 3 });
  expect(some.map(({ code, says, count }) => [code, says, count])).toEqual([
    ['messages-failed', '1 message was given up: no agent has it', 1],
    ['replies-failed', '2 answers did not reach their customers', 2],
    ['replies-in-doubt', '3 answers may or may not have been sent', 3],
  ]);
  const large = 1e12;
  expect(problemsOfSpace({ free: 1e9, total: large }, false)).toEqual([]);
  expect(problemsOfSpace({ free: 1e9 - 1, total: large }, false)[0]).toMatchObject({ code: 'disk-low' });
  // Over only with something more, so that it does not come and go.
  expect(problemsOfSpace({ free: 1.05e9, total: large }, true)).toHaveLength(1);
  expect(problemsOfSpace({ free: 1.2e9, total: large }, true)).toEqual([]);
  expect(problemsOfSpace({ free: 50e6, total: 200e6 }, false)).toEqual([]);
});

it('one pass that finds messages proves nothing about the webhook, a second one does', () => {
  const first = missedMore(null, 2, now);
  expect(problemsOfMissed(null)).toEqual([]);
  expect(problemsOfMissed(first)).toEqual([]);
  expect(problemsOfMissed(missedMore(first, 1, now + 1))[0]?.says).toMatch(/3 messages were found by polling alone/);
});

it('a poller that has just started does not know yet what is over', () => {
  const waiting = { messages: 1, replies: 1 };
  const young: Status = {
    ...{ version: '1', pid: 1, startedAt: now, updatedAt: now, mode: 'domain', tunnel: null, polling: null },
    ...{ gateway: { ...gateway, phase: 'connecting' }, webhook: { ...webhook, accepted: 0 } },
    ...{ lastMessageAt: null, lastDeliveredAt: null, lastError: null },
  };
  expect(new Set(undecided(young, { now, waiting }))).toEqual(
    new Set([
      ...['gateway-away', 'gateway-takes-nothing', 'polling-fails', 'key-refused', 'store-unwritable'],
      ...['webhook-not-registered', 'webhook-off', 'webhook-silent'],
    ]),
  );
  expect(undecided(well, { now, waiting: { messages: 0, replies: 0 } })).toEqual([]);
});

it('what an alert was given of is a problem too, and an alert that could not be given', () => {
  const open = [
    { code: 'messages-failed', since: now, says: '3 messages were given up' },
    { code: 'of a newer version', since: now, says: 'x' },
  ];
  const undelivered = { at: now, code: 'messages-failed', way: 'command' as const, reason: 'it ended with status 1' };
  expect(problemsOfAlerts({ alerts: { ways: ['command'], open, undelivered } }).map(({ code }) => code)).toEqual([
    'messages-failed',
    'alert-not-given',
  ]);
  expect(problemsOfAlerts({})).toEqual([]);
});

it('each problem has what to do, and a page and a section that exist; the guide of alerts names its code', () => {
  const root = join(import.meta.dirname, '../..');
  const guide = readFileSync(join(root, 'docs/guides/alerts.md'), 'utf8');
  for (const [code, kind] of Object.entries(problemKinds)) {
    if (!isProblemCode(code)) throw new Error(code);
    expect(todoOf({ code, hint: null })).toMatch(/^[A-Z].*[^.]$/);
    const [page = '', section] = kind.guide.split('#');
    const headings = [...readFileSync(join(root, page), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    if (section !== undefined) expect(headings, kind.guide).toContain(section);
    if (kind.told !== 'never') expect(guide).toContain(`\`${code}\``);
  }
});

it('a refused key is over when Kapso has taken it, not when polling fails for another reason', () => {
  const waiting = { messages: 0, replies: 0 };
  const fails = { ...polling, lastError: '404', errorCode: 'KAPSO_NOT_FOUND' };
  expect(undecided({ ...well, polling: fails }, { now, waiting })).toEqual(['key-refused']);
  expect(undecided(well, { now, waiting })).toEqual([]);
});
