import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/open.ts';
import type { OutgoingState } from '../../src/store/outbox.ts';
import { idOf, seed, wreak, write } from './chaos.ts';
import { kapsoFaults, late } from './kapso-faults.ts';
import { createStage, type Kapso } from './programs.ts';
import { seededRandom } from './random.ts';

/** `REPLIES_MESSAGES=10000 REPLIES_CONTACTS=500` makes a long run of it. */
const total = Number(process.env.REPLIES_MESSAGES ?? 120);
const conversations = Number(process.env.REPLIES_CONTACTS ?? 30);

/** Every tenth answer needs three parts. All words differ, so that a part that is missing or out of place shows. */
function textOf(n: number): string {
  const words = n % 10 === 0 ? Array.from({ length: 1500 }, (_, word) => `${n}x${word}`) : [];
  return [`message ${n}`, ...words, 'end'].join(' ');
}

/**
 * Kills and faults go on until so many messages were sent. A lost one holds up its conversation until no kill comes for some
 * seconds, and a short run has few conversations.
 */
const spoiled = (total < 1000 ? 0.6 : 0.9) * (total + 2 * Math.ceil(total / 10));

const pairLimit = { error: { code: 131056, message: '(#131056) Pair rate limit hit', type: 'OAuthException' } };
const faults = [...kapsoFaults, { status: 400, body: pairLimit }];

/** Gives Kapso's next sends a fault every 0.1 to 0.5 s. */
async function spoil(kapso: Kapso, random: () => number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const fault = faults[Math.floor(random() * faults.length)];
    // It may be dead in this moment, and knows nothing of this after its next start.
    await kapso.control('POST', 'faults', { kind: 'send', ...fault }).catch(() => undefined);
    await pause(100 + random() * 400, undefined, { signal }).catch(() => undefined);
  }
}

it.each([
  { via: 'relay', memory: 300_000, gateway: 'a gateway' },
  { via: 'auto', memory: 0, gateway: 'a gateway that forgets the key of a run at its end' },
])(
  `${total} replies by $via survive SIGKILLs and Kapso's faults, with $gateway: each arrives once, whole, in order`,
  {
    timeout: 180_000 + total * 300,
  },
  async ({ via, memory }) => {
    console.log(`CHAOS_SEED=${seed}`);
    const stage = createStage();
    const kapso = await stage.startKapso();
    const options = ['--start-delay', '5', '--memory', String(memory)];
    const gateway = await stage.startGateway(['--state', `${stage.dir}/gateway`, ...options]);
    const poller = await stage.startPoller({
      KAPSO_REPLY_VIA: via,
      KAPSO_REPLY_LOOK_UP_FOR: late.lookUpFor,
      KAPSO_TIMEOUT: late.timeout,
    });

    const store = await openStore({ dir: stage.stateDir, clock: systemClock, readOnly: true });
    try {
      const reach = (what: string, isSo: (counts: Record<OutgoingState, number>) => boolean) => {
        const look = async () => {
          const counts = await store.outbox.counts();
          // None is given up, so there is nothing to wait for after the first.
          expect(counts.failed).toBe(0);
          return isSo(counts);
        };
        return stage.until(what, look, 90_000 + total * 150);
      };
      const over = new AbortController();
      const kills = wreak([poller, gateway, kapso], seededRandom(seed + 1), over.signal);
      const spoiling = spoil(kapso, seededRandom(seed + 2), over.signal);
      const writing = { kapso, poller, conversations, count: total, text: textOf };
      const wreaked = write(writing, seededRandom(seed)).then(async from => {
        await reach(`${spoiled} messages were sent`, ({ sent }) => sent >= spoiled);
        return from;
      });
      const senders = await wreaked.finally(() => over.abort());
      const [killed] = await Promise.all([kills, spoiling]);
      console.log(`${killed} kills`);
      expect(killed).toBeGreaterThan(0);
      for (const trouble of ['A reply may have been sent; it is looked for', 'Reply put off'])
        await poller.says(trouble, 0);
      poller.signal('SIGUSR2');
      await stage.holds('settled', total, 90_000 + total * 100);
      await reach('nothing waits in the outbox', ({ pending, sending }) => pending + sending === 0);
      const { sent: rows, ...others } = await store.outbox.counts();
      expect(others).toEqual({ pending: 0, sending: 0, failed: 0, dropped: 0 });
      expect((await stage.inbox()).filter(({ outcome }) => outcome !== 'answered').map(({ id }) => id)).toEqual([]);

      const sent = await kapso.sent();
      expect(sent.length).toBe(rows);
      const got = Map.groupBy(sent, ({ to }) => to);
      const asked = Map.groupBy(senders.keys(), n => senders[n] ?? '');
      expect([...got.keys()].toSorted()).toEqual([...asked.keys()].toSorted());
      for (const [contact, messages] of asked) {
        // A part ends between two words, so the joined parts are the texts.
        const parts = got.get(contact)?.map(({ text }) => text) ?? [];
        expect(parts.join(' '), contact).toBe(messages.map(n => `You said: ${textOf(n)}`).join(' '));
      }
      const long = await store.outbox.of(idOf(0));
      expect(long.map(({ part, parts, recipient }) => ({ part, parts, recipient }))).toEqual(
        [1, 2, 3].map(part => ({ part, parts: 3, recipient: senders[0] })),
      );
    } finally {
      await store.close();
    }
  },
);
