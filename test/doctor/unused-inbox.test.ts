import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createReport, type Finding } from '../../src/doctor/finding.ts';
import { checkStateDirectory } from '../../src/doctor/state-directory.ts';
import { openStore } from '../../src/store/open.ts';
import { databasePath } from '../../src/store/sqlite/database.ts';
import { setMark } from '../../src/store/sqlite/mark.ts';
import { entry, temporaryDirectory } from '../store/fixtures.ts';

test('an inbox that was left in the directory is told of, unless it was moved from there', async () => {
  await using directory = await temporaryDirectory();
  const dir = directory.path;
  const look = async () => {
    const found: Finding[] = [];
    const report = createReport('state directory', finding => found.push(finding));
    await checkStateDirectory(dir, report, { clock: systemClock, isSetup: false, hasInbox: false, accounts: [] });
    return found.filter(({ says }) => says.includes('is not used'));
  };
  expect(await look()).toEqual([]);

  const store = await openStore({ dir, clock: systemClock });
  await store.accept([entry('waits')]);
  await store.close();
  expect(await look()).toMatchObject([
    {
      level: 'warn',
      says: expect.stringMatching(/1 message that waits/),
      todo: expect.stringMatching(/state migrate/),
    },
  ]);

  const db = new DatabaseSync(databasePath(dir));
  setMark(db, { id: 'x', phase: 'moved', other: 'the database x at y', at: 1 });
  db.close();
  expect(await look()).toEqual([]);
});
