import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunLimits } from '../../src/access/run-limits.ts';
import { createForwarder } from '../../src/delivery/forward.ts';
import { createLanes } from '../../src/delivery/lanes.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { writeBody } from '../../src/domain/stored-body.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { manualClock } from '../manual-clock.ts';
import { plainAnswers } from './plain-answers.ts';
import { scriptedGateway } from './scripted-gateway.ts';

const clock = manualClock(Date.UTC(2026, 10, 22));
const rates = {
  ...{ messagesPerMinute: 0, bytesPerMinute: 0, runsPerMinute: 0 },
  ...{ totalMessagesPerMinute: 0, totalBytesPerMinute: 0, totalRunsPerMinute: 0 },
};
const limited = { ...rates };
let dir: string;
let store: Store;
let gateway: ReturnType<typeof scriptedGateway>;
let gather = 0;
let lanes: ReturnType<typeof createLanes>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-pace-'));
  store = await openStore({ dir, clock });
  gateway = scriptedGateway();
  gather = 0;
  Object.assign(limited, rates);
  const limits = createRunLimits({ clock, settings: () => limited, onSlowed: () => undefined });
  const turn = createForwarder({
    ...plainAnswers,
    ...{ store, gateway, clock, limits, emit: () => undefined },
    ...{ contextOnly: () => new Set(['welcome' as const]) },
    gather: () => gather,
    giveUp: () => ({ attempts: 8, after: 1e9, beforeNext: 3 }),
    signal: new AbortController().signal,
  });
  const onError = (_: string, error: unknown) => {
    throw error;
  };
  lanes = createLanes({ settings: () => ({ parallel: 4 }), turn, onError, clock });
});
afterEach(async () => {
  await lanes.stop();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

async function write(from: string, ids: readonly string[], more: Partial<InboundMessage> = {}): Promise<void> {
  const entries = ids.map(id => {
    const sender = { phone: from, userId: null, name: 'Bob', username: null };
    const text = { type: 'text', text: 'hello', media: null, timestamp: clock.now(), ...more };
    const body = writeBody({ id, account: '1', sender, conversationId: null, ...text });
    const place = { account: '1', lane: `1/+${from}`, contact: `+${from}`, session: from, author: from };
    return { id, ...place, occurredAt: text.timestamp, body };
  });
  lanes.wake((await store.accept(entries)).lanes);
  if (gather === 0) await lanes.quiet();
  else await expect.poll(() => clock.pending().length).toBe(1);
}

/** Resolves with the ids of the runs that have begun since. */
async function later(ms: number): Promise<string[]> {
  clock.advance(ms);
  await lanes.quiet();
  return runs();
}

const runs = () => gateway.runs.splice(0).map(({ runKey }) => runKey);
const named = (name: string, count: number) => Array.from({ length: count }, (_, at) => `${name}${at + 1}`);

describe('a contact', () => {
  it('that writes faster than it may is answered later, in order, and nothing is lost', async () => {
    limited.runsPerMinute = 2;
    await write('15550001', named('a', 5));
    expect(runs()).toEqual(['a1', 'a2']);
    expect(await later(29_999)).toEqual([]);
    expect(await later(1)).toEqual(['a3']);
    expect(await later(30_000)).toEqual(['a4']);
    expect(await later(30_000)).toEqual(['a5']);
    expect((await store.counts()).byState).toMatchObject({ settled: 5, pending: 0 });
  });

  it('holds nobody else up', async () => {
    limited.messagesPerMinute = 1;
    await write('15550001', named('a', 50));
    await write('15550002', ['b1']);
    expect(runs()).toEqual(['a1', 'b1']);
  });

  it('takes as much of the total as its turns: another one waits for one run of it at most', async () => {
    limited.totalRunsPerMinute = 60;
    await write('15550001', named('a', 100));
    expect(runs()).toHaveLength(60);
    await write('15550002', ['b1']);
    expect(await later(1000)).toEqual(['a61']);
    expect(await later(1000)).toEqual(['b1']);
    expect(await later(1000)).toEqual(['a62']);
  });

  it('is held to its bytes, whatever it writes', async () => {
    limited.bytesPerMinute = 100;
    await write('15550001', ['a1', 'a2'], { text: 'ä'.repeat(50) });
    expect(runs()).toEqual(['a1']);
    expect(await later(59_999)).toEqual([]);
    expect(await later(1)).toEqual(['a2']);
  });

  it('whose texts are gathered pays for each of them', async () => {
    limited.messagesPerMinute = 4;
    gather = 1000;
    await write('15550001', named('a', 4));
    expect(await later(1000)).toEqual(['a1']);
    await write('15550001', ['b1']);
    expect(await later(1000)).toEqual([]);
    expect(await later(13_999)).toEqual([]);
    expect(await later(1)).toEqual(['b1']);
  });

  it('pays for no message that starts no run', async () => {
    limited.runsPerMinute = 1;
    limited.messagesPerMinute = 1;
    await write('15550001', named('n', 9), { notice: 'welcome' });
    await write('15550001', ['a1']);
    expect(runs()).toEqual(['a1']);
  });
});
