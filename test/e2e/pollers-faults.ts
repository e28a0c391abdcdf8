import { setTimeout as pause } from 'node:timers/promises';
import { startPatience } from '../../src/when-there.ts';
import type { Postgres } from '../postgres.ts';
import type { Member, Pollers } from './pollers.ts';

/** Milliseconds that a poller is stopped: longer than its claims last. */
const standstill = { least: 11_000, most: 14_000 };
/** Milliseconds that a poller is cut off from the database: shorter and longer than its claims last. */
const cut = { least: 1000, most: 14_000 };

/** A poller that was killed or stopped, or does not reach the database any more. */
export interface Loss {
  pid: number;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface Faults {
  /** How often each of them has happened. */
  counts: Record<string, number>;
  /** Each of them, and when it was put right. */
  happened: { at: string; what: string; whom?: string }[];
  losses: Loss[];
  /** Moments, `sampled` apart, at which nobody could take over: the database or the gateway was away, or no poller was well. */
  nobody: number[];
}

/** Milliseconds between two looks whether anybody could take something over. */
export const sampled = 50;

interface Scene {
  pollers: Pollers;
  postgres: Postgres;
  random: () => number;
  signal: AbortSignal;
}

/**
 * Does one of these every 0.2 to 2 s: kills a poller and starts it again at once or up to a second later; stops one, or cuts it
 * off from the database, for longer than its claims last, as long as another one is spared; resets the connections of one;
 * restarts the database, by force or not; kills the gateway and starts it again. Resolves when everything works again.
 */
export async function wreakOnPollers({ pollers, postgres, random, signal }: Scene): Promise<Faults> {
  const { members, gateway } = pollers;
  const counts: Faults['counts'] = {};
  const losses: Loss[] = [];
  /** What is being put right. */
  const mending = new Map<object, Promise<void>>();
  const within = ({ least, most }: { least: number; most: number }) => least + random() * (most - least);
  const soon = () => (random() < 0.5 ? 0 : random() * 1000);
  const any = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)];
  const free = () => members.filter(member => !mending.has(member));

  const happened: Faults['happened'] = [];
  const happens = (what: string, member?: object) => {
    const whom = members.find(one => one === member)?.name;
    happened.push({ at: new Date().toISOString(), what, ...(whom !== undefined && { whom }) });
  };
  const mendLater = (what: object, ms: number, mend: () => Promise<void> | void) => {
    const mended = pause(ms, undefined, { signal })
      // At the end nothing is waited for any more.
      .catch(() => undefined)
      .then(mend)
      .then(() => {
        mending.delete(what);
        happens('put right', what);
      });
    mended.catch(() => undefined);
    mending.set(what, mended);
  };
  const note = (what: string, member: Member) => {
    happens(what, member);
    const { program } = member;
    if (program.ready) losses.push({ pid: program.pid, at: Date.now() });
  };
  const nobody: number[] = [];
  const sampling = setInterval(() => {
    if (mending.has(postgres) || mending.has(gateway) || !free().some(({ program }) => program.ready))
      nobody.push(Date.now());
  }, sampled);

  /** Each returns whether it could be done. */
  const kinds: Record<string, () => Promise<boolean> | boolean> = {
    kill: async () => {
      const member = any(free());
      if (member === undefined) return false;
      note('kill', member);
      await member.program.end('SIGKILL');
      // While it starts, the database may be away whenever it looks.
      mendLater(member, soon(), () => member.program.start(startPatience));
      return true;
    },
    stop: () => {
      const member = any(free());
      if (member === undefined || free().length === 1 || !member.program.ready) return false;
      note('stop', member);
      member.program.signal('SIGSTOP');
      mendLater(member, within(standstill), () => member.program.signal('SIGCONT'));
      return true;
    },
    partition: () => {
      const member = any(free());
      if (member === undefined || free().length === 1) return false;
      note('partition', member);
      member.database.partition();
      mendLater(member, within(cut), member.database.heal);
      return true;
    },
    reset: () => {
      const member = any(members);
      member?.database.reset();
      happens('reset', member);
      return true;
    },
    'restart of the database': async () => {
      if (mending.has(postgres)) return false;
      happens('restart of the database');
      await postgres.stop(random() < 0.5 ? 'fast' : 'immediate');
      mendLater(postgres, soon(), postgres.start);
      return true;
    },
    'kill of the gateway': async () => {
      if (mending.has(gateway)) return false;
      happens('kill of the gateway');
      await gateway.end('SIGKILL');
      mendLater(gateway, soon(), () => gateway.start());
      return true;
    },
  };
  const often = [
    'kill',
    'kill',
    'stop',
    'partition',
    'reset',
    'reset',
    'restart of the database',
    'kill of the gateway',
  ];

  for (;;) {
    await pause(200 + random() * 1800, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const kind = any(often) ?? '';
    if (await kinds[kind]?.()) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  await Promise.all(mending.values());
  clearInterval(sampling);
  return { counts, happened, losses, nobody };
}
