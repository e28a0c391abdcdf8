import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBody, writeBody } from '../../../src/domain/stored-body.ts';
import { normaliseListRow, normaliseWebhook } from '../../../src/kapso/inbound/normalise.ts';
import { phoneNumberId, sample, sampleNames } from '../samples.ts';

const context = { phoneNumberId, now: 1780000000000 };
const limit = { interruptAfterTimeLimit: 2_000, numRuns: 20_000 };
const samples = sampleNames()
  .filter(name => /^(list|webhook|meta)-/.test(name))
  .map(name => sample(name));

/** Puts `value` at the path that the numbers choose, somewhere in a copy. */
function mutate(original: unknown, steps: readonly number[], value: unknown): unknown {
  if (typeof original !== 'object' || original === null || steps.length === 0) return value;
  const copy = Object.assign(Array.isArray(original) ? [] : {}, original) as Record<string, unknown>;
  const names = Object.keys(copy);
  const name = names[(steps[0] ?? 0) % Math.max(1, names.length)];
  if (name === undefined) return value;
  copy[name] = mutate(copy[name], steps.slice(1), value);
  return copy;
}

function check(payload: unknown): void {
  const items = [normaliseListRow(payload, context), ...normaliseWebhook(payload, {}, context)];
  for (const item of items) {
    expect(() => JSON.stringify(item)).not.toThrow();
    if (item.kind !== 'message') continue;
    const { message } = item;
    expect(message.text.length).toBeGreaterThan(0);
    expect(message.id).not.toBe('');
    expect(message.sender.phone ?? message.sender.userId ?? message.sender.parentUserId).toBeTruthy();
    // What cannot be read back would be given up for good.
    expect(readBody({ body: writeBody(message), account: message.account }).kind).toBe('message');
    expect(message.sender.phone ?? '1').toMatch(/^\d+$/);
    expect(Number.isFinite(message.timestamp)).toBe(true);
  }
}

test('a sample with anything changed in it is read without a throw, and stays well formed', () => {
  const steps = fc.array(fc.nat(30), { minLength: 1, maxLength: 8 });
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', ' ', null, {}, [], -1, 1e300),
  );
  const changes = fc.array(fc.tuple(steps, value), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...samples), changes, (original, list) => {
      check(list.reduce((payload, [path, put]) => mutate(payload, path, put), original));
    }),
    limit,
  );
});

test('anything at all is read without a throw', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true, withMap: true }), payload =>
      check(payload),
    ),
    limit,
  );
});
