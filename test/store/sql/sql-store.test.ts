import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { databasePath, openDatabase } from '../../../src/store/sqlite/database.ts';
import { describeStore } from '../conformance.ts';
import { temporaryDirectory } from '../fixtures.ts';
import { createInTurn, createLaterDriver } from './later-driver.ts';

describeStore('the store on a database that answers later', async clock => {
  const dir = await temporaryDirectory();
  const path = databasePath(dir.path);
  const inTurn = createInTurn();
  const open = () => createLaterDriver({ db: openDatabase({ dir: dir.path }), path, clock }, inTurn);
  return {
    open: options => createSqlStore(open(), options),
    dispose: async () => dir[Symbol.asyncDispose](),
  };
});
