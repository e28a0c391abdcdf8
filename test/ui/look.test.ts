import { expect, onTestFinished, test } from 'vitest';
import { createSources } from '../../src/live/sources.ts';
import { createFeed } from '../../src/page/feed.ts';
import type { MessageView } from '../../src/page/shape.ts';
import { openStore } from '../../src/store/open.ts';
import { createLook } from '../../src/ui/look.ts';
import { manualClock } from '../manual-clock.ts';
import { entry, temporaryDirectory } from '../store/fixtures.ts';

const at = Date.UTC(2026, 10, 29);

/** A page that looks at a real store, and what it asks that for. */
async function open() {
  const dir = await temporaryDirectory();
  const clock = manualClock(at);
  const store = await openStore({ dir: dir.path, clock });
  onTestFinished(async () => {
    await store.close();
    await dir[Symbol.asyncDispose]();
  });
  const of = { store, stateDir: dir.path, directory: null, clock, running: () => true, status: () => null };
  const sources = createSources(of);
  const asked: string[][] = [];
  /** Those that are forgotten. */
  const gone = new Set<string>();
  const rows = new Map<string, MessageView>();
  const feed = createFeed();
  feed.subscribe(change => {
    if ('put' in change && change.put === 'messages') for (const row of change.value) rows.set(row.id, row);
  });
  const look = createLook({
    sources: {
      ...sources,
      messages: async (ids, how) => {
        asked.push([...ids]);
        return sources.messages(
          ids.filter(id => !gone.has(id)),
          how,
        );
      },
    },
    ...{ store, feed, clock },
    onError: error => expect.unreachable(String(error)),
  });
  /** The ids of the next look at the whole. */
  const next = async () => {
    // The timer of the next look is set when the one before is over.
    await expect.poll(() => clock.pending().length).toBe(1);
    asked.length = 0;
    clock.advance(2000);
    await expect.poll(() => clock.pending().length).toBe(1);
    return asked.flat();
  };
  return { store, look, rows, gone, next };
}

test('it looks again at what is on its way, each in its turn, and no more at what has ended or was forgotten', async () => {
  const { store, look, gone, next } = await open();
  await store.accept([
    entry('wamid.waits'),
    entry('wamid.fails', { lane: 'b' }),
    entry('wamid.dropped', { lane: 'c' }),
    entry('wamid.forgotten', { lane: 'd' }),
  ]);
  look.watched(true);
  expect((await next()).sort()).toEqual(['wamid.dropped', 'wamid.fails', 'wamid.forgotten', 'wamid.waits']);
  gone.add('wamid.forgotten');
  await store.fail('wamid.fails', 'no');
  await store.drop(['wamid.dropped']);
  await next();
  expect(await next()).toEqual(['wamid.waits']);

  const many = Array.from({ length: 60 }, (_, number) => `wamid.many.${number}`);
  await store.accept(many.map(id => entry(id)));
  await look.again(many);
  const seen = [...(await next()), ...(await next())];
  expect(new Set(seen)).toEqual(new Set(['wamid.waits', ...many]));
  look.watched(false);
});

test('what was dropped says why where that is known, and not that it was by hand', async () => {
  const { store, look, rows, next } = await open();
  await store.accept([entry('wamid.1'), entry('wamid.2', { lane: 'b' })]);
  await store.fail('wamid.2', 'Its account is gone');
  await store.drop(['wamid.1', 'wamid.2']);
  look.watched(true);
  await next();
  expect([...rows.values()].map(({ says }) => says).sort()).toEqual(['Dropped', 'Dropped: Its account is gone']);
  look.watched(false);
});
