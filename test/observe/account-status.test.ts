import { expect, it } from 'vitest';
import { changeOfAccount, firstAccounts, numberIn, numbersOf } from '../../src/observe/account-status.ts';
import type { Status } from '../../src/observe/status.ts';

const sales = { id: '1', label: 'sales' };
const support = { id: '2', label: 'support' };
const polling = { interval: 15, lastAttempt: null, lastSuccess: null, lastError: null, nextAt: null };
const first = { polling: null, lastError: null, accounts: firstAccounts([sales, support]) } as unknown as Status;

it('keeps what is about one of several numbers with it, and what happened last for all too', () => {
  let status = first;
  const change = (of: typeof sales, changed: Partial<Status>) => {
    status = { ...status, ...changeOfAccount(status, of, changed) };
  };
  change(sales, { polling });
  change(support, { polling: { ...polling, interval: 60 }, lastMessageAt: 5 });
  change(support, { lastError: { at: 6, message: 'refused' }, clock: { ahead: 1 } });
  expect(status).toMatchObject({ polling: null, lastMessageAt: 5, clock: { ahead: 1 } });
  expect(status.lastError).toEqual({ at: 6, message: 'support: refused' });
  expect(status.accounts).toEqual([
    { ...sales, polling, lastMessageAt: null, lastDeliveredAt: null, lastError: null },
    {
      ...{ ...support, polling: { ...polling, interval: 60 }, lastMessageAt: 5, lastDeliveredAt: null },
      lastError: { at: 6, message: 'refused' },
    },
  ]);
  expect(numberIn(status, '2').polling?.interval).toBe(60);
  expect(numberIn(status, '3')).toEqual({});
});

it('takes the status of an only number for that of the number, and reads what other versions wrote', () => {
  const single = { polling } as unknown as Status;
  expect(numbersOf(single)).toEqual([{ account: null, of: single }]);
  expect(numberIn(single, '1')).toBe(single);
  for (const accounts of [null, [], 'x', [1, null]]) {
    expect(numbersOf({ ...single, accounts })).toEqual([{ account: null, of: { ...single, accounts } }]);
  }
  expect(numbersOf({ accounts: [{ id: '1' }, {}] }).map(({ account }) => account)).toEqual(['1', 'unknown']);
});
