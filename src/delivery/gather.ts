/**
 * Gathers the texts that somebody sends one after the other into one run of the agent (`delivery.gather`).
 *
 * The run begins when no further one has come for a while. What cannot be gathered ends that wait: a medium, a button,
 * a command, or a message of somebody else, which must keep its place in the order. It then has its own run, as in the
 * agent's own channels.
 */
import type { Clock } from '../clock.ts';
import type { InboundMessage } from '../domain/message.ts';
import { readBody } from '../domain/stored-body.ts';
import type { Entry, Store } from '../store/store.ts';
import type { Turn } from './lanes.ts';
import { mostWaiting, type Picked } from './pick.ts';

/** Bounds of one run: messages, and characters of text. The rest goes into the next run. */
const most = 50;
const longest = 32_768;

/** The run begins after so many pauses since the first message came, even if others still come. */
const pausesInAll = 5;

export interface GatherOptions {
  store: Pick<Store, 'waiting'>;
  clock: Clock;
  /** The pause in milliseconds that ends the wait; 0 when every message has its own run. The function is called each time. */
  pause: () => number;
  /** Applies the edits and deletions of a message that waits. Returns whether anything changed. */
  amend: (entry: Entry, message: InboundMessage) => Promise<boolean>;
}

export interface Gather {
  /** Returns the ids of the messages that go into the run of this one, in order; or how long to wait for more of them. */
  collect(picked: Picked, message: InboundMessage): Promise<readonly string[] | Turn>;
  /** Forgets what has come in the conversation. Call it when nothing waits there. */
  forget(lane: string): void;
}

export function createGather({ store, clock, pause, amend }: GatherOptions): Gather {
  /** When each message of a run that has not begun came, by the monotonic clock, for each conversation that waits. */
  const arrivals = new Map<string, ReadonlyMap<string, number>>();

  /** Returns the milliseconds until the run may begin. The clock may be set during the wait, which changes nothing. */
  function remaining(lane: string, group: readonly Entry[], ms: number): number {
    const before = arrivals.get(lane);
    const came = new Map(
      group.map(({ id, receivedAt }) => {
        const age = Math.min(Math.max(clock.now() - receivedAt, 0), ms);
        return [id, before?.get(id) ?? clock.monotonic() - age];
      }),
    );
    arrivals.set(lane, came);
    const newest = Math.max(...came.values());
    const first = Math.min(...came.values());
    return Math.ceil(Math.min(newest + ms, first + pausesInAll * ms) - clock.monotonic());
  }

  return {
    forget: lane => void arrivals.delete(lane),
    async collect({ entry, passing }, message) {
      const ms = pause();
      if (ms === 0 || !isFree(entry) || !isGatherable(message)) return [];
      const queue = await store.waiting(entry.lane, most + (passing.length > 0 ? mostWaiting : 0));
      const group = [entry];
      let size = message.text.length;
      let ended = false;
      for (const one of queue.slice(queue.findIndex(({ id }) => id === entry.id) + 1)) {
        const next = belongsTo(entry, one) ? readBody(one) : null;
        if (next?.kind !== 'message' || !isGatherable(next.message) || size + next.message.text.length > longest) {
          ended = true;
          break;
        }
        if (await amend(one, next.message)) return 'more';
        group.push(one);
        size += next.message.text.length;
      }
      // A message that goes before others that keep failing does not wait: it may find out what is wrong.
      if (!ended && group.length < most && passing.length === 0) {
        const left = remaining(entry.lane, group, ms);
        if (left > 0) return { until: clock.now() + left, wakes: true, gathers: true };
      }
      arrivals.delete(entry.lane);
      return group.slice(1, most).map(({ id }) => id);
    },
  };
}

/** Whether it is in no run, and none has to be looked for. */
function isFree({ state, runKey, unresolvedRun }: Entry): boolean {
  return state === 'pending' && runKey === null && unresolvedRun === null;
}

/** Whether it is of the same author in the same place. */
function belongsTo(entry: Entry, one: Entry): boolean {
  const isSame =
    one.account === entry.account && one.conversation === entry.conversation && one.session === entry.session;
  return isFree(one) && isSame && one.author !== null && one.author === entry.author;
}

/** Only texts are gathered, and no commands. */
function isGatherable({ type, text, annotations = 0, media, notice, amends }: InboundMessage): boolean {
  const words = annotations === 0 ? text : text.split('\n').slice(annotations).join('\n');
  return type === 'text' && media === null && !notice && !amends && !/^\s*\//u.test(words);
}
