import { describe, expect, it } from 'vitest';
import { createDatabaseWatch } from '../src/app-database.ts';
import type { AppEvent } from '../src/observe/events.ts';
import { StoreError } from '../src/store/errors.ts';
import { manualClock } from './manual-clock.ts';

const away = (reason = 'nobody answers') => new StoreError('STORE_UNREACHABLE', reason);
const settled = () => new Promise<void>(resolve => setImmediate(resolve));

describe('the watch over the connection to a database', () => {
  function start() {
    const clock = manualClock(0);
    const events: AppEvent[] = [];
    const seen = { looks: 0, back: 0 };
    const watch = createDatabaseWatch({
      clock,
      emit: event => events.push(event),
      look: async () => {
        seen.looks += 1;
        throw away();
      },
      onBack: () => {
        seen.back += 1;
      },
    });
    const works = { works: true, name: 'the database d', server: 'PostgreSQL 15 at db:5432' } as const;
    return { clock, events, seen, watch, works };
  }

  it('tells of it, and of what weakens it', () => {
    const { events, seen, watch, works } = start();
    watch.heard({ ...works, weaknesses: [{ says: 'fsync is off', todo: 'Set it' }] });
    expect(events).toEqual([
      {
        type: 'database connected',
        name: 'the database d',
        server: 'PostgreSQL 15 at db:5432',
        weaknesses: ['fsync is off; Set it'],
      },
    ]);
    expect(seen).toEqual({ looks: 0, back: 0 });
  });

  it('asks for it each second while it is away, and says when it is back', async () => {
    const { clock, events, seen, watch, works } = start();
    watch.heard({ works: false, name: 'the database d', error: away() });
    expect(events).toMatchObject([{ type: 'database lost', name: 'the database d' }]);
    for (let second = 1; second <= 3; second += 1) {
      clock.advance(1000);
      await settled();
      expect(seen.looks).toBe(second);
    }
    watch.heard({ works: false, name: 'the database d', error: away('it is starting') });
    watch.heard({ ...works, weaknesses: [] });
    clock.advance(10_000);
    await settled();
    expect(seen).toEqual({ looks: 3, back: 1 });
    expect(events.map(({ type }) => type)).toEqual(['database lost', 'database lost', 'database connected']);
  });

  it('asks no more when it is stopped', async () => {
    const { clock, seen, watch } = start();
    watch.heard({ works: false, name: 'the database d', error: away() });
    watch.stop();
    clock.advance(10_000);
    await settled();
    expect(seen.looks).toBe(0);
  });
});
