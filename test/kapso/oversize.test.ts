import { expect, test } from 'vitest';
import { normaliseListRow } from '../../src/kapso/normalise.ts';
import { readCutPage } from '../../src/kapso/oversize.ts';

const paging = { cursors: { before: null, after: 'bmV4dA==' }, next: 'https://example.com' };
const row = { id: 'wamid.A', type: 'text', from: '15551234567', text: { body: 'x'.repeat(5000) } };
const cut = (page: unknown) => {
  const text = JSON.stringify(page, null, 1);
  return readCutPage({ head: text.slice(0, 500), tail: text.slice(-500), size: text.length });
};
const idOf = (found: unknown) => {
  const read = normaliseListRow(found, { phoneNumberId: '1', now: 5 });
  return read.kind === 'unreadable' ? read.id : read.kind;
};

test.each([
  ['behind the row', { data: [row], paging }],
  ['in front of it', { paging, data: [row] }],
  ['behind it with something more', { data: [row], paging, meta: { total: 1 } }],
])('finds the id, and the next page where it stands %s', (_, page) => {
  const { row: found, after } = cut(page);
  expect(after).toBe('bmV4dA==');
  expect(idOf(found)).toBe('unreadable:wamid.A');
});

test('knows the end of the list from a page that does not say', () => {
  expect(cut({ data: [row], paging: { cursors: { after: null } } }).after).toBeNull();
  expect(cut({ data: [row] }).after).toBeUndefined();
});

test('is not led elsewhere by what a sender wrote', () => {
  const lie = '"}],"paging":{"cursors":{"after":"bGll"}}}';
  const body = `${lie}${'x'.repeat(5000)}${lie}`;
  expect(cut({ data: [{ ...row, text: { body } }], paging }).after).toBe('bmV4dA==');
  expect(cut({ data: [{ ...row, text: { body } }] }).after).toBeUndefined();
  const other = cut({ data: [{ from: '"id":"wamid.lie"', id: 'wamid.A', text: { body } }], paging });
  expect(idOf(other.row)).toMatch(/^unreadable:[0-9a-f]{64}$/);
});

test('keeps of it only its beginning, under the same id each time', () => {
  const one = normaliseListRow(cut({ data: [row], paging }).row, { phoneNumberId: '1', now: 5 });
  expect(one).toMatchObject({ kind: 'unreadable', timestamp: 5, reason: expect.stringContaining('too large') });
  expect(JSON.stringify(one).length).toBeLessThan(3000);
});
