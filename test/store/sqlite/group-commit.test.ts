import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createGroupCommit, type GroupCommit } from '../../../src/store/sqlite/group-commit.ts';
import { stepOf } from '../sql/step-of.ts';

let db: DatabaseSync;
let commits: GroupCommit;

beforeEach(() => {
  db = new DatabaseSync(':memory:');
  db.exec(`PRAGMA foreign_keys = ON;
    CREATE TABLE parents (id INTEGER PRIMARY KEY);
    CREATE TABLE rows (id TEXT PRIMARY KEY, parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)`);
  commits = createGroupCommit(db, 'the file');
});

afterEach(() => db.close());

const add = (id: string, parent: number | null = null) =>
  commits.run(() => stepOf(() => db.prepare('INSERT INTO rows VALUES (?, ?)').run(id, parent).changes));
const ids = () =>
  db
    .prepare('SELECT id FROM rows')
    .all()
    .map(row => row.id);

it('undoes and rejects alone an operation that throws, whatever it did before', async () => {
  const mistake = new Error('a mistake');
  const results = await Promise.allSettled([
    add('a'),
    commits.run(() =>
      stepOf(() => {
        db.exec("INSERT INTO rows VALUES ('half', NULL)");
        throw mistake;
      }),
    ),
    add('b'),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(results[1]).toMatchObject({ reason: mistake });
  expect(ids()).toEqual(['a', 'b']);
});

it('remembers nothing of a transaction that was undone', async () => {
  const seen: object[] = [];
  const remember = commits.run(transaction => stepOf(() => seen.push(transaction)));
  const failing = commits.run(() => {
    throw new Error('a mistake');
  });
  const other = commits.run(transaction => stepOf(() => seen.push(transaction)));
  await Promise.allSettled([remember, failing, other]);
  expect(seen).toHaveLength(3);
  expect(new Set(seen).size).toBe(3);
});

it('rejects all of a turn and applies none of it when the commit fails, and works again after', async () => {
  // The missing parent is noticed at COMMIT only.
  const results = await Promise.allSettled([add('a'), add('orphan', 7), add('b')]);
  for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'STORE_INVALID' } });
  expect(ids()).toEqual([]);
  expect(db.isTransaction).toBe(false);
  await add('a');
  expect(ids()).toEqual(['a']);
});

it('tells nobody of success before the commit', async () => {
  let told = false;
  const result = add('a').then(() => {
    told = true;
    expect(db.isTransaction).toBe(false);
  });
  await Promise.resolve();
  expect(told).toBe(false);
  expect(ids()).toEqual([]);
  await result;
});

it('takes what is asked for by an answer into the next transaction', async () => {
  await add('a').then(() => add('b'));
  expect(ids()).toEqual(['a', 'b']);
});

it('commits a write that comes alone in the same turn of the event loop', async () => {
  const alone = add('a');
  let inTurn: unknown[] = [];
  await new Promise<void>(resolve =>
    setImmediate(() => {
      inTurn = ids();
      resolve();
    }),
  );
  expect(inTurn).toEqual(['a']);
  await alone;
});

it('takes in what further turns bring, and commits after a few of them even if more keeps coming', async () => {
  const first = Promise.all([add('a'), add('b')]);
  let more = 0;
  let adding = true;
  const all: Promise<unknown>[] = [];
  const keepAdding = () => {
    if (!adding) return;
    more += 1;
    all.push(add(`more ${more}`));
    setImmediate(keepAdding);
  };
  setImmediate(keepAdding);
  await first;
  adding = false;
  expect(ids()).toEqual(['a', 'b', 'more 1', 'more 2', 'more 3', 'more 4']);
  await Promise.all(all);
});
