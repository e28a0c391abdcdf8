import { expect, it } from 'vitest';
import { claimOfOutbox, pollingRole, rolePrefix } from '../../../src/store/claims.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { account } from '../fixtures.ts';
import { received } from '../received.ts';
import { describeOnPostgres } from './stage.ts';

/** Messages of each contact. */
const ofOne = 3;

describeOnPostgres('the plans of statements in a PostgreSQL', stage => {
  /** A pass holds them all. Then they come by webhook as well: many at once, each by itself. */
  async function take(store: Store, prefix: string, contacts: number): Promise<void> {
    const all = Array.from({ length: contacts * ofOne }, (_, i) =>
      received(`${prefix}${i}`, { phone: `1555010${1000 + (i % contacts)}` }, { occurredAt: 1000 + i }),
    );
    for (let at = 0; at < all.length; at += 100)
      await store.hold(account, all.slice(at, at + 100), { newestFirst: false });
    for (let at = 0; at < all.length; at += 30) {
      await Promise.all(all.slice(at, at + 30).map(message => store.accept([message])));
    }
  }

  /** Runs and answers everything. */
  async function work(store: Store): Promise<void> {
    const lanes = await store.lanes();
    await store.claims.claim(lanes, 60_000);
    for (const lane of lanes) {
      for (let entry = await store.head(lane); entry !== null; entry = await store.head(lane)) {
        const { id, session, author } = entry;
        await store.amendments({ id, lane, author: author ?? '' });
        await store.begin(id, { runKey: id, runNumber: 1, lane, session });
        await store.context(id, 20);
        const answer = { id: `${id}/1`, message: id, answer: id, account, lane, recipient: '+15551234567' };
        const outgoing = { ...answer, via: 'relay' as const, part: 1, parts: 1, body: 'answer', sendBefore: null };
        await store.settle(id, 'answering', { outgoing: [outgoing] });
      }
    }
    await send(store);
    await store.claims.release(lanes);
  }

  async function send({ outbox, claims }: Store): Promise<void> {
    const lanes = await outbox.lanes();
    await claims.claim(lanes.map(claimOfOutbox), 60_000);
    for (const lane of lanes) {
      for (let row = await outbox.head(lane); row !== null; row = await outbox.head(lane)) {
        await outbox.begin(row.id, { mark: `mark ${row.id}`, recipient: row.recipient, body: row.body });
        await outbox.sent(row.id, `wamid ${row.id}`);
        await outbox.report({
          sentId: `wamid ${row.id}`,
          mark: null,
          status: 'delivered',
          at: 70,
          code: null,
          reason: null,
        });
      }
    }
    await claims.release(lanes.map(claimOfOutbox));
  }

  it('look up what they need, also in tables that were small when the server looked at them', async () => {
    const store = await createSqlStore(await stage.open(), { delivers: true });
    const query = (text: string) => stage.postgres.query(stage.database, text);
    await store.claims.claim([rolePrefix + pollingRole(account)], 600_000);
    // So often that the server keeps the plan of each statement, made for what is there now.
    for (const prefix of ['first ', 'second ']) {
      await take(store, prefix, 20);
      await work(store);
      await query('VACUUM ANALYZE');
    }
    await query('SELECT pg_stat_reset()');
    const contacts = 400;
    await take(store, 'later ', contacts);
    await work(store);
    // What a connection has read is counted when it ends, at the latest.
    await store.close();

    const tables = await query(
      `SELECT relname AS name, round((seq_tup_read + coalesce(idx_tup_fetch, 0)) / ${contacts * ofOne}.0)::integer AS rows
       FROM pg_stat_user_tables WHERE schemaname = 'kapso_whatsapp' AND relname NOT LIKE '%_changes'`,
    );
    const perMessage = Object.fromEntries(tables.map(({ name, rows }) => [name, rows]));

    expect(perMessage).toMatchObject({ entries: expect.any(Number), outbox: expect.any(Number) });
    expect(
      Object.values(perMessage).filter(rows => Number(rows) > 40),
      JSON.stringify(perMessage),
    ).toEqual([]);
  });
});
