import { StoreError } from '../errors.ts';

/** Rounds a time to the whole milliseconds that are stored. Throws STORE_INVALID for what is no time. */
export function wholeMilliseconds(time: number, what: string): number {
  const whole = Math.round(time);
  if (Number.isSafeInteger(whole)) return whole;
  throw new StoreError('STORE_INVALID', `${what} is ${time}, not a time in milliseconds`);
}
