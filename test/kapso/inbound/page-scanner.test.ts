import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPageScanner, type ScannedPage } from '../../../src/kapso/inbound/page-scanner.ts';

/** The scanner's findings, with the body handed in as pieces of so many bytes. */
function scan(text: string, piece = text.length + 1): ScannedPage {
  const scanner = createPageScanner();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += piece) scanner.push(bytes.subarray(at, at + piece));
  return scanner.end();
}

const row = { from: '15551234567', text: { body: 'x'.repeat(20_000) }, id: 'wamid.A' };
const paging = { cursors: { after: 'bmV4dA==' } };

describe('a page of one row', () => {
  test.each([
    ['behind', { data: [row], paging, meta: { data: [], paging: 1 } }],
    ['in front', { paging, data: [row] }],
  ])('is read with its paging %s, and its id wherever it stands', (_, page) => {
    for (const text of [JSON.stringify(page), JSON.stringify(page, null, 2)]) {
      expect(scan(text)).toMatchObject({
        rows: 1,
        first: { id: 'wamid.A' },
        paging,
        complete: true,
        size: text.length,
      });
      expect(scan(text, 1)).toEqual(scan(text));
    }
  });

  test('is not mistaken by what a sender wrote, nor by what lies deeper', () => {
    const lie = '"}],"paging":{"cursors":{"after":"bGll"}},"data":[{"id":"wamid.lie","a":"\\';
    const page = { data: [{ ...row, text: { body: lie, id: 'wamid.lie', paging: lie }, [lie]: [lie, { id: 'lie' }] }] };
    expect(scan(JSON.stringify(page))).toMatchObject({ rows: 1, first: { id: 'wamid.A' }, complete: true });
    expect(scan(JSON.stringify(page)).paging).toBeUndefined();
  });

  test('is known by all of it where two begin alike', () => {
    const [one, other] = ['a', 'b'].map(end => scan(JSON.stringify({ data: [{ text: row.text, end }], paging })));
    expect(one?.first?.beginning).toBe(other?.first?.beginning);
    expect(one?.first?.hash).not.toBe(other?.first?.hash);
    expect(scan(JSON.stringify({ data: [{ text: row.text, end: 'a' }] })).first?.hash).toBe(one?.first?.hash);
  });

  test('keeps of it only the beginning', () => {
    expect(JSON.stringify(scan(JSON.stringify({ data: [row], paging }))).length).toBeLessThan(2_500);
  });
});

test.each([
  ['null', '{"data":[1],"paging":null}', null],
  ['nothing', '{"data":[1]}', undefined],
])('the end of the list may be said with %s', (_, text, said) => {
  expect(scan(text)).toMatchObject({ rows: 1, complete: true });
  expect(scan(text).paging).toBe(said);
});

test.each([
  '',
  '{"data":[1],"paging":{}',
  '{"data":[1,"',
  '{"data":[1]}}',
  '{"data":[1]}{"data":[1]}',
  '[{"data":[1]}]',
  '{"data":[1],"paging":nul}',
])('%j is no whole page', text => {
  expect(scan(text).complete).toBe(false);
});

test('paging out of all measure is none that can be followed', () => {
  expect(scan(`{"data":[1],"paging":"${'x'.repeat(70_000)}"}`).complete).toBe(false);
});

// Names are often those that are looked for, at every depth, and written with escapes or twice; texts are full of JSON.
const name = fc.oneof(fc.constantFrom('data', 'paging', 'id', 'a', '__proto__', '"],}'), fc.string({ maxLength: 4 }));
const written = (text: string) =>
  fc.boolean().map(escaped =>
    escaped
      ? `"${[...text]
          .flatMap(one => one.split(''))
          .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join('')}"`
      : JSON.stringify(text),
  );
const space = fc.constantFrom('', '', ' ', '\n\t ');
const scalar = fc.oneof(
  fc.constantFrom('1', 'null', 'true', '-1.5e3', '"]}"', '"\\\\"', '"\\""', '"{\\"id\\":["'),
  fc.string({ maxLength: 6, unit: 'binary' }).map(text => JSON.stringify(text)),
);
const spaced = (value: fc.Arbitrary<string>) => fc.tuple(space, value, space).map(parts => parts.join(''));
const { json } = fc.letrec<{ json: string }>(tie => {
  const members = fc.array(
    fc.tuple(spaced(name.chain(written)), tie('json')).map(pair => pair.join(':')),
    {
      maxLength: 4,
    },
  );
  return {
    json: spaced(
      fc.oneof(
        { maxDepth: 6, depthSize: 'small' },
        scalar,
        fc.tuple(space, fc.array(tie('json'), { maxLength: 4 })).map(([pad, items]) => `[${items.join(',') || pad}]`),
        fc.tuple(space, members).map(([pad, items]) => `{${items.join(',') || pad}}`),
      ),
    ),
  };
});
const member = (of: string, value: fc.Arbitrary<string>) =>
  fc.tuple(written(of), value).map(([key, read]) => `${key}:${read}`);
const rowText = fc.oneof(
  json,
  fc.array(fc.oneof(member('id', json), member('x', json)), { maxLength: 4 }).map(items => `{${items.join(',')}}`),
);
const pageText = fc
  .array(
    fc.oneof(
      member(
        'data',
        fc.array(rowText, { maxLength: 3 }).map(items => `[${items.join(',')}]`),
      ),
      member('paging', json),
      member('data', json),
      member('other', json),
    ),
    { maxLength: 5 },
  )
  .map(items => `{${items.join(',')}}`);

test('whatever the page, it is read as JSON.parse reads it, in pieces of any size', () => {
  const property = fc.property(fc.oneof(pageText, json), fc.integer({ min: 1, max: 40 }), (text, piece) => {
    const page = JSON.parse(text) as unknown;
    const found = scan(text, piece);
    expect(found).toEqual(scan(text));
    expect(found.size).toBe(Buffer.byteLength(text));
    if (typeof page !== 'object' || page === null || Array.isArray(page)) {
      expect(found.complete).toBe(false);
      return;
    }
    const { data, paging: said } = page as { data?: unknown; paging?: unknown };
    const own = Object.hasOwn(page, 'paging') ? said : undefined;
    expect(found.complete).toBe(true);
    expect(found.paging).toEqual(own);
    expect(found.rows).toBe(Array.isArray(data) ? data.length : null);
    const [first] = Array.isArray(data) ? (data as unknown[]) : [];
    const isRow = typeof first === 'object' && first !== null && !Array.isArray(first) && Object.hasOwn(first, 'id');
    expect(found.first?.id).toEqual(isRow ? (first as { id: unknown }).id : undefined);
  });
  fc.assert(property, { numRuns: 20_000, interruptAfterTimeLimit: 3_000 });
});

test('a body that is cut off anywhere is no whole page', () => {
  const property = fc.property(pageText, fc.double({ min: 0, max: 0.999, noNaN: true }), (text, at) => {
    expect(scan(text.slice(0, Math.floor(text.length * at))).complete).toBe(false);
  });
  fc.assert(property, { numRuns: 5_000, interruptAfterTimeLimit: 1_000 });
});
