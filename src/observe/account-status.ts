/** The part of a status that is about one number: of an only one it is the status itself, of several each has its own. */
import { asList, asRecord, asString } from '../narrow.ts';
import type { AccountName } from './events.ts';
import type { AccountStatus, Status } from './status.ts';

/** The parts of several numbers that have just started. */
export function firstAccounts(names: readonly AccountName[]): AccountStatus[] {
  return names.map(name => ({ ...name, polling: null, lastMessageAt: null, lastDeliveredAt: null, lastError: null }));
}

/** Where the change of one of several numbers stands in the status. What happened last stands for all numbers too. */
export function changeOfAccount(status: Status, of: AccountName, change: Partial<Status>): Partial<Status> {
  const { clock, lastMessageAt, lastDeliveredAt, lastError, ...own } = change;
  const last = {
    ...(lastMessageAt !== undefined && { lastMessageAt }),
    ...(lastDeliveredAt !== undefined && { lastDeliveredAt }),
    ...(lastError !== undefined && { lastError }),
  };
  const accounts = (status.accounts ?? []).map(account =>
    account.id === of.id ? { ...account, ...own, ...last } : account,
  );
  return {
    ...last,
    ...(lastError && { lastError: { ...lastError, message: `${of.label}: ${lastError.message}` } }),
    ...(clock !== undefined && { clock }),
    accounts,
  };
}

type OfOne = Exclude<keyof AccountStatus, keyof AccountName>;

type OfNumber<S> = Pick<S, Extract<keyof S, OfOne>>;

/** What a status, of any version, says of each number. `account` is what people call it; null for the only one. */
export function numbersOf<S extends { readonly accounts?: unknown }>(
  status: S,
): { account: string | null; of: OfNumber<S> }[] {
  const several = severalIn(status);
  if (several.length === 0) return [{ account: null, of: status }];
  return several.map(one => ({
    account: asString(one.label) ?? asString(one.id) ?? 'unknown',
    of: one as unknown as S,
  }));
}

/** What a status says of the number with this id; of an only one, whatever its id. */
export function numberIn<S extends { readonly accounts?: unknown }>(status: S, id: string | null): OfNumber<S> {
  const several = severalIn(status);
  if (several.length === 0) return status;
  return (several.find(one => one.id === id) ?? {}) as unknown as OfNumber<S>;
}

function severalIn(status: { readonly accounts?: unknown }) {
  return asList(status.accounts)
    .map(asRecord)
    .filter(one => one !== null);
}

/** What several numbers are called, by their ids; empty where there is only one. */
export type AccountNames = ReadonlyMap<string, string>;

/** Returns what a status, of any version, calls several numbers. */
export function namesIn(status: { readonly accounts?: unknown }): AccountNames {
  const named = severalIn(status).flatMap(({ id, label }): [string, string][] => {
    const known = asString(id);
    return known === null ? [] : [[known, asString(label) ?? known]];
  });
  return new Map(named);
}

/** What is shown of a number: nothing where there is only one. A number that was taken away has its id. */
export function accountIn(names: AccountNames, id: string | null): { account?: string } {
  return names.size === 0 || id === null ? {} : { account: names.get(id) ?? id };
}
