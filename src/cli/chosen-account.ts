/** Which of several numbers a command works for. */
import { accountCalled, labelOf } from '../config/accounts.ts';
import type { Config, ConfiguredAccount } from '../config/load.ts';
import { UsageError } from '../errors.ts';

/** The option of every command that works for one number. */
export const fromOption = {
  type: 'string',
  value: 'ACCOUNT',
  describe: 'which of several numbers: the name or phone number id of an account',
} as const;

/** Returns the account that is named, or the only one. Throws a `UsageError` where it is not said which is meant. */
export function chooseAccount<C extends Config>(
  accounts: readonly ConfiguredAccount<C>[],
  from: string | undefined,
): ConfiguredAccount<C> {
  const names = accounts.map(labelOf).join(', ');
  const [only, another] = accounts;
  const found = from === undefined ? (another === undefined ? only : undefined) : accountCalled(accounts, from);
  if (found !== undefined) return found;
  if (from === undefined) {
    throw new UsageError('several numbers are configured, and which one is meant is not said', {
      hint: `Give one with --from: ${names}`,
    });
  }
  throw new UsageError(`no account is called "${from.slice(0, 80)}"`, {
    hint: another === undefined ? `The only one is ${names}` : `The accounts are ${names}`,
  });
}
