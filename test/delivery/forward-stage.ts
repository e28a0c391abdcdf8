import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { createForwarder } from '../../src/delivery/forward.ts';
import type { Turn } from '../../src/delivery/lanes.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { openStore } from '../../src/store/open.ts';
import type { Entry, Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { plainAnswers } from './plain-answers.ts';
import { type ScriptedGateway, scriptedGateway } from './scripted-gateway.ts';

export const hour = 3_600_000;
export const lane = 'agent:main:kapso:direct:+15551234567';

/** A real store with one message, `wamid.A`, and what hands it to a scripted gateway. Each test has its own. */
export interface ForwardStage {
  /** It goes on from test to test. */
  clock: ManualClock;
  store: Store;
  gateway: ScriptedGateway;
  stopping: AbortController;
  /** For each message that came to an end its reason, or null where it was settled. */
  ended: (string | null)[];
  /** The messages that the gateway took. */
  taken: string[];
  /** At each end of a turn, whether its run was over. */
  turnsOver: boolean[];
  obstacles: (string | null)[];
  told: AppEvent[];
  turn: () => Promise<Turn>;
  forwarder(over: Store): (lane: string) => Promise<Turn>;
  receive(id: string, at?: number): Promise<void>;
  entry(id?: string): Promise<Entry>;
  /** The keys of the runs. */
  keys(): string[];
}

/** Sets the stage up before each test of the file. */
export function forwardStage(): ForwardStage {
  const clock = manualClock(Date.UTC(2026, 10, 22));
  let dir: string;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'kapso-forward-'));
    stage.store = await openStore({ dir, clock });
    stage.gateway = scriptedGateway();
    stage.stopping = new AbortController();
    for (const list of ['ended', 'taken', 'turnsOver', 'obstacles', 'told'] as const) stage[list] = [];
    const forward = stage.forwarder(stage.store);
    stage.turn = () => forward(lane);
    await stage.receive('wamid.A');
  });

  afterEach(async () => {
    await stage.store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const stage = {
    clock,
    forwarder: over =>
      createForwarder({
        ...plainAnswers,
        store: over,
        gateway: stage.gateway,
        clock,
        onTaken: message => stage.taken.push(message.id),
        onTurnEnd: (_, { over }) => stage.turnsOver.push(over),
        emit: event => {
          stage.told.push(event);
          if (event.type === 'message settled') stage.ended.push(null);
          if (event.type === 'message failed') stage.ended.push(event.reason);
          if (event.type === 'obstacle changed') stage.obstacles.push(event.obstacle?.reason ?? null);
        },
        scrub: text => text.replaceAll('s3cret', '[secret]'),
        signal: stage.stopping.signal,
      }),
    async receive(id, at = clock.now()) {
      const account = '106540352242922';
      const message: InboundMessage = {
        id,
        account,
        sender: { phone: '15551234567', userId: null, name: 'Bob', username: null },
        conversationId: null,
        timestamp: at,
        type: 'text',
        text: 'hello',
        media: null,
      };
      await stage.store.accept([{ id, account, lane, occurredAt: at, body: JSON.stringify(message) }]);
    },
    async entry(id = 'wamid.A') {
      const found = await stage.store.get(id);
      if (!found) throw new Error(`${id} is not in the store`);
      return found;
    },
    keys: () => stage.gateway.runs.map(run => run.runKey),
  } as ForwardStage;
  return stage;
}
