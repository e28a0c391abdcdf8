import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { createForwarder } from '../../src/delivery/forward.ts';
import type { Turn } from '../../src/delivery/lanes.ts';
import { contextKinds } from '../../src/domain/context-kinds.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { phoneNumberId } from '../kapso/samples.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { plainAnswers } from './plain-answers.ts';
import { type ScriptedGateway, scriptedGateway } from './scripted-gateway.ts';
import { start } from './wire-messages.ts';

export const lane = `${phoneNumberId}/+15550107001`;
/** The setting `delivery.contextOnly` by default. */
export const defaults = 'identity-change, user-id-change, system-notice, reaction-removed, empty-text';

type LaneTurn = (lane: string) => Promise<Turn>;

/** Messages that go from a real store to a scripted gateway, with those that start no run among them. */
export interface CompanionsStage {
  /** It goes on from test to test. */
  clock: ManualClock;
  store: Store;
  gateway: ScriptedGateway;
  contextOnly: string;
  kapsoNow: number | null;
  told: AppEvent[];
  forwarder(over?: Store, signal?: AbortSignal): LaneTurn;
  /** Works off the lane, with the waits that it asks for. */
  workOff(turn?: LaneTurn, of?: string): Promise<void>;
  /** The texts of the runs after their header. */
  said(): string[];
  /** The state and the outcome of a message. */
  outcome(id: string): Promise<unknown[]>;
  /** Opens the store again, as a restart does; `anew`: an empty one. */
  reopen(how?: { anew: boolean }): Promise<void>;
}

/** Sets the stage up before each test of the file. */
export function companionsStage(): CompanionsStage {
  const clock = manualClock(start * 1000);
  let dir: string;

  const open = async () => {
    dir = mkdtempSync(join(tmpdir(), 'kapso-companions-'));
    stage.store = await openStore({ dir, clock });
  };

  beforeEach(async () => {
    await open();
    stage.gateway = scriptedGateway();
    stage.contextOnly = defaults;
    stage.kapsoNow = null;
    stage.told = [];
  });

  afterEach(async () => {
    await stage.store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const forwarder: CompanionsStage['forwarder'] = (over = stage.store, signal = new AbortController().signal) =>
    createForwarder({
      ...plainAnswers,
      store: over,
      gateway: stage.gateway,
      clock,
      emit: event => stage.told.push(event),
      kapsoNow: () => stage.kapsoNow,
      contextOnly: () => contextKinds(stage.contextOnly),
      giveUp: () => ({ attempts: 8, after: 1, beforeNext: 3 }),
      signal,
    });

  const stage = {
    clock,
    forwarder,
    async workOff(turn = forwarder(), of = lane) {
      for (let turns = 0; ; turns += 1) {
        expect(turns).toBeLessThan(1000);
        const next = await turn(of);
        if (next === 'empty') return;
        if (next !== 'more') clock.advance(next.until - clock.now());
      }
    },
    said: () => stage.gateway.runs.map(({ message }) => message.slice(message.indexOf('\n\n') + 2)),
    async outcome(id) {
      const entry = await stage.store.get(id);
      return [entry?.state, entry?.outcome];
    },
    async reopen({ anew } = { anew: false }) {
      await stage.store.close();
      if (!anew) {
        stage.store = await openStore({ dir, clock });
        return;
      }
      rmSync(dir, { recursive: true });
      await open();
    },
  } as CompanionsStage;
  return stage;
}
