import { describe, expect, it } from 'vitest';
import { translate } from '../../../src/store/postgres/translate.ts';

const textOf = (statement: string) => translate(statement).text;

describe('a statement in the words of PostgreSQL', () => {
  it('numbers parameters by position', () => {
    const { text, order } = translate('SELECT a FROM t WHERE b = ? AND c IN (?, ?)');
    expect(text).toBe('SELECT a FROM t WHERE b = $1 AND c IN ($2, $3)');
    expect(order(['x', 2, null])).toEqual(['x', 2, null]);
  });

  it('keeps the numbers of numbered ones, which may come again', () => {
    const { text, order } = translate('INSERT INTO t VALUES (?1, ?3, ?2, ?3)');
    expect(text).toBe('INSERT INTO t VALUES ($1, $3, $2, $3)');
    expect(order([1, 2, 3])).toEqual([1, 2, 3]);
  });

  it('numbers named ones by their first place, and takes their values from there', () => {
    const { text, order } = translate('UPDATE t SET a = :value, b = :at WHERE id = :id AND (:value <> 0 OR c < :at)');
    expect(text).toBe('UPDATE t SET a = $1, b = $2 WHERE id = $3 AND ($1 <> 0 OR c < $2)');
    expect(order([{ id: 'm', at: 5, value: 1, other: 'unused' }])).toEqual([1, 5, 'm']);
  });

  it('refuses to run with a name that has no value', () => {
    expect(() => translate('SELECT :lane').order([{}])).toThrow('no value for :lane is given to SELECT :lane');
  });

  it('leaves out what is for SQLite alone', () => {
    expect(textOf('SELECT a FROM t INDEXED BY t_by_a WHERE a = +? LIMIT +:limit')).toBe(
      'SELECT a FROM t WHERE a = $1 LIMIT $2',
    );
    expect(textOf('SELECT a FROM t INDEXED BY t_by_a JOIN u INDEXED BY u_by_b ON (+:a = b)')).toBe(
      'SELECT a FROM t JOIN u ON ($1 = b)',
    );
    expect(textOf('SELECT a FROM t\n    INDEXED BY t_by_a\n    WHERE a')).toBe('SELECT a FROM t\n    WHERE a');
  });

  it('leaves a sum alone', () => {
    expect(textOf('SET attempts = attempts + :counted, n = n + 1, m = m+?')).toBe(
      'SET attempts = attempts + $1, n = n + 1, m = m+$2',
    );
  });

  it('quotes names with great letters in them, and no other word', () => {
    expect(textOf('SELECT occurred_at AS occurredAt, count(*) FROM t ORDER BY occurredAt, T2')).toBe(
      'SELECT occurred_at AS "occurredAt", count(*) FROM t ORDER BY "occurredAt", T2',
    );
  });

  it('reads lists by the function of PostgreSQL', () => {
    expect(textOf('SELECT a FROM t WHERE b IN (SELECT value FROM json_each(?))')).toBe(
      'SELECT a FROM t WHERE b IN (SELECT value FROM json_array_elements_text($1))',
    );
  });

  it('leaves alone what is in quotes or a comment', () => {
    const quoted = `SELECT 'it''s ? :a +? INDEXED BY x', "a ""?"" :b", ''`;
    expect(textOf(quoted)).toBe(quoted);
    expect(textOf("SELECT ':' || ?, ? -- is it? :no\n, ? /* :c ? receivedAt */")).toBe(
      "SELECT ':' || $1, $2 -- is it? :no\n, $3 /* :c ? receivedAt */",
    );
  });

  it('keeps text without the character that PostgreSQL has not', () => {
    expect(translate('SELECT ?').order(['a\0b'])).toEqual(['a\ufffdb']);
    expect(translate('SELECT :a').order([{ a: '\0' }])).toEqual(['\ufffd']);
  });
});
