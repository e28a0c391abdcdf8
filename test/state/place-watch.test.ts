import { expect, it } from 'vitest';
import { DisplacedError } from '../../src/state/place.ts';
import { createPlaceWatch } from '../../src/state/place-watch.ts';
import { manualClock } from '../manual-clock.ts';

function watchOver() {
  const clock = manualClock(1_700_000_000_000);
  const events: string[] = [];
  const state: { error: DisplacedError | null } = { error: null };
  const watch = createPlaceWatch({
    displaced: () => state.error,
    around: clock.after,
    clock,
    emit: event => {
      if (event.type === 'store displaced') events.push(`away: ${event.error.message}`);
    },
    onBack: () => events.push('back'),
    onLost: () => events.push('lost'),
  });
  watch.start();
  return { clock, events, state, watch };
}

it('a directory that comes back within a minute is said once, and everything goes on', () => {
  const { clock, events, state } = watchOver();
  state.error = new DisplacedError('moved', false);
  clock.advance(50_000);
  expect(events).toEqual(['away: moved']);
  state.error = null;
  clock.advance(10_000);
  expect(events).toEqual(['away: moved', 'back']);
  clock.advance(60_000);
  expect(events).toHaveLength(2);
});

it('a directory that stays away for a minute is lost, and so at once is one that another stands for', () => {
  const away = watchOver();
  away.state.error = new DisplacedError('moved', false);
  away.clock.advance(60_000);
  expect(away.events).toEqual(['away: moved']);
  away.clock.advance(30_000);
  expect(away.events).toEqual(['away: moved', 'lost']);
  expect(away.clock.pending()).toEqual([]);

  const replaced = watchOver();
  replaced.state.error = new DisplacedError('replaced', true);
  replaced.clock.advance(30_000);
  expect(replaced.events).toEqual(['away: replaced', 'lost']);
});

it('looks no more once it is stopped', () => {
  const { clock, watch } = watchOver();
  watch.stop();
  expect(clock.pending()).toEqual([]);
});

it('looks more often from the moment on when a commit finds it away', () => {
  const { clock, events, state, watch } = watchOver();
  const error = new DisplacedError('replaced', true);
  state.error = error;
  watch.found(error);
  clock.advance(10_000);
  expect(events).toEqual(['away: replaced', 'lost']);
  expect(clock.pending()).toEqual([]);
});
