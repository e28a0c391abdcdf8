import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Accepted } from '../../src/store/arrivals.ts';
import { entryStates, type FiledEntry } from '../../src/store/new-entry.ts';
import type { Store } from '../../src/store/store.ts';
import type { StoreHarness } from './conformance.ts';
import { type HeldClock, heldClock } from './fixtures.ts';
import { createModelStore, type ModelStore } from './model.ts';

// Few ids, lanes and times, so that collisions are common.
const id = fc.integer({ min: 0, max: 11 }).map(n => `m${n}`);
const ids = fc.array(id, { maxLength: 4 });
const account = fc.constantFrom('one', 'two');
const lane = fc.constantFrom('x', 'y', 'z');
const newEntry: fc.Arbitrary<FiledEntry> = fc.record(
  {
    id,
    account,
    lane,
    contact: fc.constantFrom('+1', 'US.1'),
    conversation: lane,
    session: lane,
    occurredAt: fc.integer({ min: 0, max: 2 }),
    body: fc.string({ maxLength: 5 }),
    author: fc.constantFrom('ann', 'bob'),
    amends: id,
    failure: fc.constant('not readable'),
  },
  { requiredKeys: ['id', 'account', 'lane', 'occurredAt', 'body'] },
);
const page = fc.array(
  fc.oneof({ weight: 8, arbitrary: newEntry.map(({ failure: _failure, ...rest }) => rest) }, newEntry),
  {
    maxLength: 5,
  },
);
const knownKey = fc.option(fc.tuple(id, fc.integer({ min: 1, max: 3 })).map(([of, number]) => `${of}#${number}`));
const time = fc.integer({ min: 0, max: 50 });

type Both = Pick<Store, keyof Store & keyof ModelStore>;
type Step =
  | { name: string; apply: (store: Both) => Promise<unknown> }
  | { name: 'restart' }
  | { name: 'tick'; by: number };

const sorted = ({ lanes, ...rest }: Accepted) => ({ ...rest, lanes: [...lanes].sort() });
const call = (name: string, apply: (store: Both) => Promise<unknown>): Step => ({
  name,
  apply,
  // fast-check prints the failing sequence with this.
  ...{ [fc.toStringMethod]: () => name },
});
const show = JSON.stringify;

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: page.map(p => call(`accept ${show(p)}`, async s => sorted(await s.accept(p)))) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(account, page, fc.record({ newestFirst: fc.boolean(), begins: fc.boolean() }))
      .map(([of, p, place]) => call(`hold ${of} ${show(p)} ${show(place)}`, s => s.hold(of, p, place))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(account, fc.record({ entries: page, newestFirst: fc.boolean(), begins: fc.boolean(), cursor: time }))
      .map(([of, end]) => call(`endPass ${of} ${show(end)}`, async s => sorted(await s.endPass(of, end)))),
  },
  fc
    .tuple(account, fc.boolean())
    .map(([of, first]) => call(`releaseHeld ${of} ${first}`, async s => sorted(await s.releaseHeld(of, first)))),
  fc.tuple(account, time).map(([of, at]) => call(`setCursor ${of} ${at}`, s => s.setCursor(of, at))),
  fc
    .tuple(account, time)
    .map(([of, startedAt]) =>
      call(`openAccount ${of} ${startedAt}`, s => s.openAccount(of, { noted: null, startedAt, read: () => null })),
    ),
  fc.constant(call('holding', async s => (await s.holding()).sort())),
  account.map(of => call(`firstStart ${of}`, s => s.firstStart(of))),
  fc
    .tuple(account, fc.option(time))
    .map(([of, own]) =>
      call(`setFirstStart ${of} ${own}`, s => s.setFirstStart(of, own === null ? null : { own, listed: own + 1 })),
    ),
  account.map(of => call(`lanes ${of}`, async s => (await s.lanes(of)).sort())),
  {
    weight: 3,
    arbitrary: fc.tuple(id, fc.integer({ min: 1, max: 3 }), ids).map(([of, runNumber, gathers]) => {
      const run = { runKey: `${of}#${runNumber}`, runNumber, gathers };
      return call(`begin ${of} ${show(run)}`, s =>
        s.begin(of, run).then(
          () => 'begun',
          () => 'refused',
        ),
      );
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(id, ids, ids)
      .map(([of, merged, passed]) =>
        call(`settle ${of} with ${merged} past ${passed}`, s =>
          s.settle(of, 'done', { merged, overtaken: passed.map(id => ({ id, reason: 'overtaken' })) }),
        ),
      ),
  },
  id.map(of => call(`waiting ${of}`, s => s.waiting('x', 2))),
  fc.integer({ min: 0, max: 3 }).map(attempts => call(`failing ${attempts}`, s => s.failing({ attempts, limit: 3 }))),
  { weight: 2, arbitrary: id.map(of => call(`note ${of}`, s => s.note(of))) },
  fc
    .tuple(id, ids)
    .map(([of, merged]) => call(`revise ${of} with ${merged}`, s => s.revise(of, { body: 'revised', merged }))),
  fc
    .tuple(id, fc.integer({ min: 1, max: 2 }))
    .map(([of, limit]) => call(`context ${of} ${limit}`, s => s.context(of, limit))),
  fc
    .record({ id, lane: fc.constantFrom('x', 'y', 'z'), author: fc.constantFrom('ann', 'bob') })
    .map(of => call(`amendments ${show(of)}`, s => s.amendments(of))),
  fc
    .tuple(id, fc.record({ runKey: knownKey, mayStillRun: fc.boolean() }, { requiredKeys: [] }))
    .map(([of, run]) => call(`fail ${of} ${show(run)}`, s => s.fail(of, 'why', run))),
  fc
    .record(
      {
        id,
        state: fc.constantFrom('unpaired' as const, 'denied' as const, 'limited' as const),
        reason: fc.constantFrom('stranger', null),
        body: fc.constant('nothing kept'),
      },
      { requiredKeys: ['id', 'state', 'reason'] },
    )
    .map(refused => call(`refuse ${show(refused)}`, s => s.refuse(refused))),
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        id,
        fc.record(
          { until: time, reason: fc.constant('later'), counted: fc.boolean(), resend: fc.boolean(), runKey: knownKey },
          { requiredKeys: ['until', 'reason', 'counted', 'resend'] },
        ),
      )
      .map(([of, wait]) => call(`defer ${of} ${show(wait)}`, s => s.defer(of, wait))),
  },
  fc
    .tuple(ids, fc.boolean())
    .map(([of, force]) => call(`retry ${of}${force ? ' by force' : ''}`, s => s.retry(of, force ? { force } : {}))),
  ids.map(of => call(`drop ${of}`, s => s.drop(of))),
  time.map(before => call(`prune ${before}`, s => s.prune(before))),
  fc.constant<Step>({ name: 'restart' }),
  fc.integer({ min: 1, max: 5 }).map<Step>(by => ({ name: 'tick', by })),
);

async function everything(store: Both): Promise<unknown> {
  const heads = [];
  for (const lane of ['x', 'y', 'z']) heads.push(await store.head(lane));
  return {
    all: await store.list({ limit: 100 }),
    some: await store.list({ limit: 3, states: entryStates.slice(1, 4) }),
    heads,
    lanes: (await store.lanes()).sort(),
    counts: await store.counts(),
    cursors: [await store.cursor('one'), await store.cursor('two')],
    proven: [await store.proven('one'), await store.proven('two')],
  };
}

/** Makes random sequences of calls on the store and on a plain model of it. Every answer and the whole content must agree. */
export function describeProperties(create: (clock: HeldClock) => Promise<StoreHarness>, sequences: number): void {
  // The limit is one that only a hang reaches: a slow disk, or the search for the shortest sequence that fails, takes minutes.
  it('agrees with the model after every step of any sequence', { timeout: 600_000 }, async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async steps => {
      const clock = heldClock(10);
      const harness = await create(clock);
      const model = createModelStore(clock);
      let store = await harness.open();
      try {
        for (const one of steps) {
          if ('by' in one) clock.set(clock.now() + one.by);
          else if ('apply' in one) expect(await one.apply(store), one.name).toEqual(await one.apply(model));
          else {
            await store.close();
            store = await harness.open();
            model.restart();
          }
          expect(await everything(store), one.name).toEqual(await everything(model));
        }
      } finally {
        await store.close();
        await harness.dispose();
      }
    });
    const details = await fc.check(property, { numRuns: sequences });
    console.log(`store properties: ${details.numRuns} sequences from seed ${details.seed}`);
    if (details.failed) throw new Error(await fc.asyncDefaultReportMessage(details));
  });
}
