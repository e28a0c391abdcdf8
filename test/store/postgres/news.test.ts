import { afterEach, describe, expect, it } from 'vitest';
import type { News } from '../../../src/store/news.ts';
import { createNewsFeed } from '../../../src/store/postgres/news.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { waits } from '../../../src/waits.ts';
import { manualClock } from '../../manual-clock.ts';
import { noPgbouncer, startPgbouncer } from '../../pgbouncer.ts';
import { account, entry } from '../fixtures.ts';
import { describeOnPostgres, type Stage } from './stage.ts';

/** What a store has heard. */
interface Heard {
  news: News[];
  /** Resolves when so many of them were heard. */
  until(what: News, count?: number): Promise<void>;
}

function listen(store: Store): Heard {
  const news: News[] = [];
  const looks = new Set<() => void>();
  store.onNews(one => {
    news.push(one);
    for (const look of looks) look();
  });
  return {
    news,
    until: (what, count = 1) =>
      new Promise(resolve => {
        const look = () => {
          if (news.filter(one => one === what).length < count) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
  };
}

describeOnPostgres('processes on one PostgreSQL', stage => {
  const open = async (options?: Parameters<Stage['open']>[0]) =>
    createSqlStore(await stage.open(options), { delivers: true });
  let ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends) await end();
    ends = [];
  });

  it('hear when others give back what somebody may want, and what operators do, and nothing else', async () => {
    const [here, there] = [await open(), await open()];
    const heard = listen(here);
    // As at each beginning: something may have happened before.
    await heard.until('free');
    await there.accept([entry('a')]);
    await there.claims.claim(['lane', 'other'], 1000);
    await there.settle('a', 'silent');
    await there.claims.release(['other']);
    await there.claims.release(['lane'], { wanted: true });
    await heard.until('free', 2);
    expect(heard.news).toEqual(['operated', 'free', 'free']);
    await there.retry(['a'], { force: true });
    await heard.until('operated', 2);
    // One transaction tells one thing once.
    await Promise.all([there.drop(['a']), there.outbox.drop(['b']), there.access.revoke(account, '+1')]);
    await heard.until('operated', 3);
    await there.claims.release([], { wanted: true });
    await heard.until('free', 3);
    expect(heard.news.slice(3)).toEqual(['operated', 'operated', 'free']);
  });

  it('hear of it again after their connection was cut, and then look for what they have missed', async () => {
    const [here, there] = [await open(), await open()];
    const heard = listen(here);
    await heard.until('free');
    await stage.postgres.query(
      stage.database,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`,
    );
    await heard.until('free', 2);
    await there.claims.release([], { wanted: true });
    await heard.until('free', 3);
  });

  it.skipIf(noPgbouncer !== null)('hear nothing behind a pooler, which does not keep the connection', async () => {
    const pooler = await startPgbouncer(stage.postgres);
    ends.push(async () => pooler[Symbol.asyncDispose]());
    const url = pooler.url(stage.database);
    const [here, there] = [await open({ url }), await open({ url })];
    const heard = listen(here);
    const before = await here.operations();
    await there.drop(['a']);
    expect(await here.operations()).toBe(before + 1);
    expect(heard.news).toEqual([]);
    for (const store of [here, there]) await store.close();
  });

  it('leave nothing open when they end, also while the database is away', async () => {
    const store = await open();
    const heard = listen(store);
    await heard.until('free');
    await stage.postgres.stop('fast');
    await store.close();
    await stage.postgres.start();
    const left = await stage.postgres.query(
      'postgres',
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'kapso-whatsapp'`,
    );
    expect(left).toEqual([{ n: 0 }]);
  });
});

describe('a feed of news', () => {
  it('makes no connection behind a pooler, where it would hear nothing, and one when there is none any more', async () => {
    const clock = manualClock(0);
    let [isDirect, connections] = [false, 0];
    const connect = () => {
      connections += 1;
      return Promise.reject(new Error('not now'));
    };
    const feed = createNewsFeed({ connect, isDirect: () => isDirect, clock });
    feed.onNews(() => undefined);
    const look = async () => {
      clock.advance(waits.claims.looked);
      for (let turn = 0; turn < 10; turn += 1) await new Promise(resolve => setImmediate(resolve));
      return connections;
    };
    expect([await look(), await look()]).toEqual([0, 0]);
    isDirect = true;
    expect([await look(), await look()]).toEqual([1, 2]);
    await feed.end();
  });
});
