import type { Driver } from '../sql/driver.ts';
import type { Value } from '../sql/step.ts';
import { createPrepareAll, step } from './prepare.ts';
import { createTransactions, type TransactionsOptions } from './transactions.ts';

/** Bytes up to which the database is made anew in memory. Above it in a temporary file, which has no name. */
const inMemory = 256 * 1024 * 1024;

/** Creates the store's driver of an open database. */
export function createSqliteDriver(options: TransactionsOptions & { shared?: boolean }): Driver {
  const { db, path, shared = false, displaced = () => null } = options;
  const { use, read, write, close } = createTransactions(options);
  const dataVersion = db.prepare('PRAGMA data_version');
  dataVersion.setReturnArrays(true);
  const readVersion = () => (dataVersion.get() as unknown as readonly Value[])[0] ?? null;
  const pragma = (text: string) => db.prepare(`PRAGMA ${text}`).get() ?? {};
  const version = () => step(readVersion);
  /** Moves the log into the database and empties it. Null while others read in it. */
  const emptyLog = () => pragma('wal_checkpoint(TRUNCATE)').busy === 0;

  return {
    prepareAll: createPrepareAll(db),
    name: `the inbox ${path}`,
    lossHint: 'Check the disk of the state directory.',
    shared,
    read,
    write,
    version,
    contactsVersion: version,
    overwriteDeleted: () => use(() => db.exec('PRAGMA secure_delete = ON')),
    compact: part =>
      use(() => {
        if (part === 'log') return emptyLog();
        const size = Number(pragma('page_count').page_count) * Number(pragma('page_size').page_size);
        db.exec(`PRAGMA temp_store = ${size > inMemory ? 'FILE' : 'MEMORY'}`);
        db.exec('VACUUM');
        return emptyLog();
      }),
    displaced,
    close,
  };
}
