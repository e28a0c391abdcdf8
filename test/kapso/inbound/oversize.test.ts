import { expect, test } from 'vitest';
import { normaliseListRow } from '../../../src/kapso/inbound/normalise.ts';
import { oversizeRows } from '../../../src/kapso/inbound/oversize.ts';

const hash = 'a'.repeat(64);
const read = (id: unknown) => {
  const [row] = oversizeRows({ first: { id, hash, beginning: '{"id":' }, size: 17_000_000 });
  return normaliseListRow(row, { phoneNumberId: '1', now: 5 });
};

test.each([
  ['wamid.HBgL+/=', 'wamid.HBgL+/='],
  [' wamid.A ', 'wamid.A'],
  [42, '42'],
  [undefined, hash],
  [null, hash],
  ['', hash],
  [{ id: 'wamid.A' }, hash],
  ['an id\nthat nobody has', hash],
  ['x'.repeat(513), hash],
])('the id %j of a row that is too large makes it known as %s', (id, known) => {
  expect(read(id)).toMatchObject({ kind: 'unreadable', id: `unreadable:${known}` });
});

test('a row that is too large is kept as something for the operator, without a time of its own', () => {
  expect(read('wamid.A')).toEqual({
    kind: 'unreadable',
    id: 'unreadable:wamid.A',
    timestamp: 5,
    reason: 'the message is too large to be read (17000000 bytes)',
    raw: { bytes: 17_000_000, beginning: '{"id":' },
    tooLarge: true,
  });
});

test('a page without a row has none', () => {
  expect(oversizeRows({ first: null, size: 17_000_000 })).toEqual([]);
});
