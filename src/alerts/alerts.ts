/**
 * Watches what goes wrong, and tells somebody: once for each problem until it is over. Where several processes share the
 * store, each tells of what it alone has, and one of them of what concerns all.
 */
import type { Around } from '../coalesce.ts';
import type { Role } from '../instances/roles.ts';
import type { AppEvent, Emit } from '../observe/events.ts';
import type { AlertWay, Status } from '../observe/status.ts';
import type { Part } from '../part.ts';
import type { Notes } from '../store/notes.ts';
import type { Store } from '../store/store.ts';
import { assessAll, assessCommon, assessProcess } from './assess-now.ts';
import type { AttemptOptions } from './attempt.ts';
import { createIntakeNotes, type SharedNumber } from './intake-notes.ts';
import { createOwnMemory, createSharedMemory } from './memory.ts';
import { createMissedDeliveries } from './missed-deliveries.ts';
import { createTeller, type Teller } from './teller.ts';

export interface AlertsOptions extends AttemptOptions {
  stateDir: string;
  /** The function is called each time. */
  status: () => Status;
  store: Pick<Store, 'counts' | 'contacts' | 'outbox'>;
  emit: Emit;
  /** Whether the state directory still belongs to this process. If not, nothing is written there. */
  isOurs: () => boolean;
  around: Around;
  /** 0 ≤ x < 1. */
  random: () => number;
  /** Set where several processes share the store. */
  shared?: SharedAlerts | null;
}

export interface SharedAlerts {
  /** The name of this process. */
  name: string;
  notes: Pick<Notes, 'get' | 'set'>;
  /** The right to tell of what concerns all. */
  role: Pick<Role, 'hold' | 'onChange' | 'giveUp'>;
  numbers: readonly SharedNumber[];
}

/** Without a command and a number it does nothing, and wakes nobody. */
export interface Alerts extends Part {
  heard: Emit;
  /** Call it when the settings have changed. */
  settingsChanged(): void;
}

/** What else stops needs the rest of the time. */
const longestStop = 8000;

/** The ways that the settings name. */
export function alertWays({ command, whatsapp }: ReturnType<AlertsOptions['settings']>): AlertWay[] {
  return [...(command.length > 0 ? (['command'] as const) : []), ...(whatsapp ? (['whatsapp'] as const) : [])];
}

export function createAlerts(options: AlertsOptions): Alerts {
  const { emit, clock, store, shared = null } = options;
  const ways = () => alertWays(options.settings());
  const deliveries = createMissedDeliveries(options.status, clock.now);
  const intake = shared && createIntakeNotes({ ...options, ...shared, missed: deliveries.missed });
  let own: Teller | null = null;
  let common: Teller | null = null;
  const tellers = () => [own, common].filter(teller => teller !== null);

  function show(): void {
    const open = tellers().flatMap(teller => teller.open());
    const undelivered = tellers().flatMap(teller => teller.undelivered() ?? [])[0] ?? null;
    emit({ type: 'alerts changed', alerts: ways().length === 0 ? null : { ways: ways(), open, undelivered } });
  }

  function begin(): void {
    if (own !== null || ways().length === 0) return;
    own = createTeller({
      ...options,
      ...{ ways, instance: shared?.name ?? null, onChange: show, memory: createOwnMemory(options) },
      assess: looking =>
        shared === null ? assessAll(options, looking, deliveries.missed()) : assessProcess(options, looking),
    });
    show();
    follow();
  }

  /** Tells of what concerns all as long as this process has the role. */
  function follow(): void {
    if (shared === null || intake === null) return;
    if (own === null || shared.role.hold === null) {
      void common?.stop(0);
      common = null;
      return;
    }
    common ??= createTeller({
      ...options,
      ...{ ways, instance: null, onChange: show, memory: createSharedMemory(shared.notes) },
      assess: looking => assessCommon({ ...options, store }, looking, intake.assess),
      onFailed: reason => shared.role.giveUp(`an alert could not be given: ${reason}`),
    });
  }

  async function end(grace: number): Promise<void> {
    const ending = tellers();
    [own, common] = [null, null];
    await Promise.all(ending.map(teller => teller.stop(Math.min(grace, longestStop))));
  }

  shared?.role.onChange(() => {
    follow();
    if (own !== null) show();
  });

  return {
    start: begin,
    settingsChanged: () => {
      if (own === null) return begin();
      show();
      if (ways().length === 0) void end(0);
      else for (const teller of tellers()) teller.now();
    },
    heard(event) {
      if (own === null && intake === null) return;
      deliveries.heard(event);
      intake?.heard(event);
      if (own === null) return;
      if (event.type === 'reply failed' && event.message.startsWith('alert:')) {
        own.failed(event.message, 'whatsapp', event.reason);
      }
      if (matters(event)) for (const teller of tellers()) teller.soon();
    },
    stop: end,
  };
}

/** After these something may have begun or ended. What may come many times a second only shows in the next round. */
function matters(event: AppEvent): boolean {
  switch (event.type) {
    case 'pass ended':
      return event.found > 0;
    case 'message failed':
    case 'unreadable kept':
    case 'reply failed':
    case 'reply put off':
    case 'poll failed':
    case 'poll works again':
    case 'pass not stored':
    case 'gateway changed':
    case 'obstacle changed':
    case 'tunnel failed':
    case 'tunnel opened':
    case 'registration failed':
    case 'webhook registered':
    case 'webhook looked at':
    case 'own clock wrong':
    case 'own clock right':
      return true;
    default:
      return false;
  }
}
