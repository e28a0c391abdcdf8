import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ModelRun } from '../../src/simulator/transcript.ts';
import { entryStates } from '../../src/store/new-entry.ts';
import type { Program } from './program.ts';
import type { Inbound, Kapso } from './programs.ts';

/** `CHAOS_MESSAGES=10000` makes a long run of the tests of chaos; the kills go on for as long as messages arrive. */
export const total = Number(process.env.CHAOS_MESSAGES ?? 600);
/** `CHAOS_SEED` repeats the choices of a run; the processes' own timing stays theirs. */
export const seed = Number(process.env.CHAOS_SEED ?? randomInt(2 ** 31));
export const conversations = 20;

/** What the inbox counts when everything is settled. */
export const onlySettled = (settled: number) =>
  Object.fromEntries(entryStates.map(state => [state, state === 'settled' ? settled : 0]));

export const inputOf = ({ key }: ModelRun) => key.replace(/:\d+$/, '');

export const phoneOf = (conversation: number) => `+1555000${String(1000 + conversation)}`;
export const textOf = (n: number) => `message ${n}`;
export const idOf = (n: number) => `wamid.chaos${String(n).padStart(6, '0')}`;

/** Kills one of the programs every 0.2 to 2 s and starts it again at once or up to a second later. */
export async function wreak(victims: readonly Program[], random: () => number, signal: AbortSignal): Promise<number> {
  const restarts = new Map<Program, Promise<void>>();
  let kills = 0;
  while (!signal.aborted) {
    await pause(200 + random() * 1800, undefined, { signal }).catch(() => undefined);
    const victim = victims[Math.floor(random() * victims.length)];
    const away = random() < 0.5 ? 0 : random() * 1000;
    if (victim === undefined) break;
    // It may still be down from the last time. Otherwise it is killed in any state, during its start too.
    if (restarts.has(victim)) continue;
    kills += 1;
    await victim.end('SIGKILL');
    const restart = pause(away).then(() => {
      restarts.delete(victim);
      return victim.start();
    });
    restart.catch(() => undefined);
    restarts.set(victim, restart);
  }
  await Promise.all(restarts.values());
  return kills;
}

/** Makes Kapso accept messages, though it may be killed at any moment. Unconfirmed messages are given to it again, one by one. */
async function arrive(kapso: Kapso, messages: readonly Inbound[]): Promise<void> {
  try {
    await kapso.receive(messages);
  } catch {
    for (const message of messages) {
      for (;;) {
        const refusal = await kapso.receive([message]).then(
          () => null,
          (error: Error) => error.message,
        );
        if (refusal === null || refusal.includes('exists already')) break;
        await pause(50);
      }
    }
  }
}

export interface Writing {
  kapso: Kapso;
  poller: Program;
  conversations: number;
  count: number;
  text?: (n: number) => string;
  at?: () => number;
}

/**
 * So many messages in bursts, with up to 2 s between two; returns each one's sender. `text` makes a message's text from
 * its number; `at` is WhatsApp's clock, s, where it is not Kapso's.
 */
export async function write(
  { kapso, poller, conversations, count, text = textOf, at }: Writing,
  random: () => number,
): Promise<string[]> {
  const senders: string[] = [];
  for (let n = 0; n < count; n = senders.length) {
    const burst = Math.min(count - n, 1 + Math.floor(random() * 60));
    const messages = Array.from({ length: burst }, (_, index) => {
      const from = phoneOf(Math.floor(random() * conversations));
      senders.push(from);
      return { id: idOf(n + index), from, text: text(n + index), ...(at && { timestamp: at() }) };
    });
    await arrive(kapso, messages);
    if (poller.ready) poller.signal('SIGUSR2');
    await pause(random() * 2000);
  }
  return senders;
}
