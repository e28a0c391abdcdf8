import type { Clock } from '../clock.ts';
import type { AccountConfig, ConfiguredAccount } from '../config/load.ts';
import { isOurs } from '../errors.ts';
import { openStore, type StorePlace } from '../store/open.ts';
import type { DatabaseConnection } from '../store/shared-database.ts';
import type { Report } from './finding.ts';
import { reportKept } from './kept.ts';

/** Looks at the database that has the inbox: whether it lets this user in, what it is, what it keeps, and what it may lose. */
export async function checkDatabase(
  place: StorePlace,
  accounts: readonly ConfiguredAccount<AccountConfig>[],
  report: Report,
  clock: Clock,
): Promise<void> {
  let connection: DatabaseConnection | null = null;
  const onConnection = (now: DatabaseConnection) => {
    connection = now;
    if (now.works) report.ok(`${now.name} lets this user in (${now.server})`);
  };
  try {
    const store = await openStore({ ...place, clock, readOnly: true, onConnection });
    try {
      tellWeaknesses(connection, report);
      await reportKept(store, accounts, report);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!isOurs(error) || error.code !== 'STORE_MISSING') {
      return report.error(error, 'See docs/guides/postgresql.md');
    }
    tellWeaknesses(connection, report);
    report.ok('there is no inbox in it yet: the first start of the poller makes it');
  }
}

function tellWeaknesses(connection: DatabaseConnection | null, report: Report): void {
  for (const { says, todo } of connection?.works ? connection.weaknesses : []) report.warn(says, todo);
}
