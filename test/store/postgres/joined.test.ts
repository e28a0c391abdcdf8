import { expect, test } from 'vitest';
import { joinOf } from '../../../src/store/postgres/joined.ts';

test('a statement that inserts its parameters alone can be joined with others of its kind', () => {
  const join = joinOf({ text: 'INSERT INTO places (name, seen, changed)\n  VALUES ($1, $2, $2)', name: 'k1' });
  expect(
    join?.([
      ['here', 1],
      ["it's \ud800", null],
    ]),
  ).toEqual({
    name: 'k1s',
    text: `INSERT INTO places (name, seen, changed)
      SELECT name, seen, changed FROM json_populate_recordset(NULL::places, $1)`.replace(/\n\s+/, ' '),
    parameters: ['[{"name":"here","seen":1,"changed":1},{"name":"it\'s \ufffd","seen":null,"changed":null}]'],
  });
});

test.each([
  'INSERT INTO places (name, seen) VALUES ($1, 1)',
  "INSERT INTO places (name, seen) VALUES ($1, '$2')",
  'INSERT INTO places (name) VALUES (lower($1))',
  'INSERT INTO places (name) VALUES ($1) ON CONFLICT DO NOTHING',
  'INSERT INTO places (name) VALUES ($1) RETURNING name',
  'INSERT INTO places (name) VALUES ($1), ($2)',
  'INSERT INTO places (name) SELECT $1 WHERE 1 = 1',
  'UPDATE places SET name = $1',
  'DELETE FROM places WHERE name = $1',
])('%s is not', text => {
  expect(joinOf({ text, name: 'k1' })).toBeNull();
});
