/** Watches what goes wrong with one thing, a process or what several share, and tells of it. */
import type { Around } from '../coalesce.ts';
import { isOurs } from '../errors.ts';
import type { AlertsStatus, AlertWay } from '../observe/status.ts';
import { type Assessment, follow, type Incident } from '../problems/incidents.ts';
import { sentenceOf } from '../problems/table.ts';
import type { Looking } from './assess-now.ts';
import { createDelivery, type DeliveryOptions } from './delivery.ts';
import { createLooks } from './looks.ts';
import type { Memory } from './memory.ts';
import { noteOf, type Pending, pendingOf } from './note.ts';

export interface TellerOptions extends Omit<DeliveryOptions, 'keep'> {
  ways: () => readonly AlertWay[];
  assess: (looking: Looking) => Promise<Assessment>;
  memory: Memory;
  /** The process that it tells of, one of several; null where there is one, or it tells of what concerns all. */
  instance: string | null;
  /** Called when what it shows has changed. */
  onChange: () => void;
  around: Around;
}

export interface Teller {
  /** What was told and is not over. */
  open(): AlertsStatus['open'];
  undelivered(): AlertsStatus['undelivered'];
  /** Looks at once, or within a second. */
  now(): void;
  soon(): void;
  /** Says that an alert which was handed over did not arrive. */
  failed(id: string, way: AlertWay, reason: string): void;
  /** What is being given has a part of the grace to end. */
  stop(grace: number): Promise<void>;
}

/** Milliseconds: how soon it looks after something has happened. */
const soon = 1000;

/** Begins at once. */
export function createTeller(options: TellerOptions): Teller {
  const { ways, assess, memory, instance, emit, clock, settings, onChange } = options;
  let incidents: readonly Incident[] = [];
  let remembers = false;
  let stopped = false;
  const keep = async () => {
    const kept = memory.write({ incidents, pending: delivery.pending() });
    if (!stopped) onChange();
    await kept;
  };
  const delivery = createDelivery({ ...options, keep });
  const looks = createLooks({ ...options, look, onError: error => emit({ type: 'store unreadable', error }) });

  async function remember(): Promise<void> {
    const before = await memory.read();
    incidents = before.incidents;
    delivery.add(before.pending);
    remembers = true;
    if (!stopped && before.incidents.length > 0) onChange();
  }

  async function look(): Promise<void> {
    if (!remembers) await remember();
    const now = clock.now();
    const wasLow = incidents.some(({ code }) => code === 'disk-low');
    const assessment = await assess({ now, wasLow });
    if (stopped) return;
    const before = incidents;
    const followed = follow(before, assessment, { now, after: settings().after * 1000 });
    incidents = followed.incidents;
    const notes = followed.told.map(told => ({ told, note: noteOf(told, now, instance) }));
    const coming = notes.flatMap(({ told, note }) => ways().map((way): Pending => pendingOf(note, told.incident, way)));
    delivery.add(coming);
    const isNew = coming.length > 0 || notes.length > 0 || essenceOf(incidents) !== essenceOf(before);
    if (followed.dueIn !== null) looks.within(Math.max(followed.dueIn, soon));
    // On disk before anything is given.
    if (isNew && !(await isKept())) {
      incidents = before;
      delivery.drop(coming);
      if (!stopped) onChange();
      return;
    }
    for (const { note } of notes) {
      const { code, state, says, todo, since } = note;
      emit({ type: 'alert raised', code, state, says, todo, since });
    }
    delivery.work();
  }

  /** Whether it could be kept. Where not, the next look finds the same again, here or at another process. */
  async function isKept(): Promise<boolean> {
    try {
      await keep();
      return !stopped;
    } catch (error) {
      if (!isOurs(error)) throw error;
      return false;
    }
  }

  looks.now();
  return {
    open: () =>
      incidents
        .filter(({ toldAt }) => toldAt !== null)
        .map(({ code, account, since, ...incident }) => ({
          ...{ code, ...(account !== undefined && { account }), since },
          says: sentenceOf(incident),
        })),
    undelivered: delivery.undelivered,
    now: looks.now,
    soon: () => looks.within(soon),
    failed: delivery.failed,
    async stop(grace) {
      stopped = true;
      await Promise.all([looks.stop(), delivery.stop(grace)]);
    },
  };
}

/** What of incidents is worth writing down. Their words change with every look. */
function essenceOf(incidents: readonly Incident[]): string {
  return JSON.stringify(
    incidents.map(({ code, account, since, count, grewAt, newsAt, toldAt }) => [
      ...[code, account, since, count],
      ...[grewAt, newsAt, toldAt],
    ]),
  );
}
