import type { Answer, Step } from '../sql/step.ts';
import { isTimeout } from './errors.ts';
import { runStep } from './prepare.ts';
import { beginReading } from './scripts.ts';
import { type Command, lastRow, type Session } from './session.ts';

export interface Reader {
  /** Runs a step that only reads. It sees one moment of the database. */
  run<T>(step: (now: number) => Step<T>): Promise<T>;
  /** Resolves when nothing is under way and its connections are closed. */
  end(): Promise<void>;
}

export interface ReaderOptions {
  /** Connections that are open already. */
  open: readonly Session[];
  connect: () => Promise<Session>;
  /** The same beside another one that is open: without it there is less, and not nothing. */
  connectFurther: () => Promise<Session>;
  /** What answers a statement in place of the database. */
  answers: (command: Command, ask: (command: Command) => Promise<Answer>) => Promise<Answer>;
}

/** Connections for reading, at most. Each read takes a fraction of a millisecond; few come at once. */
const most = 2;

/** Reads beside the changes, on connections of its own that are opened when they are needed. */
export function createReader({ open, connect, connectFurther, answers }: ReaderOptions): Reader {
  const free = [...open];
  const waiting: (() => void)[] = [];
  let inUse = 0;
  /** How many may be in use: fewer than `most` where no further one can be had, until one of them is free again. */
  let allowed = most;

  async function take(): Promise<{ session: Session; wasOpen: boolean }> {
    while (inUse >= allowed) await new Promise<void>(resolve => waiting.push(resolve));
    inUse += 1;
    for (let session = free.pop(); session !== undefined; session = free.pop()) {
      if (session.broken() === null) return { session, wasOpen: true };
    }
    const isFurther = inUse > 1;
    try {
      return { session: await (isFurther ? connectFurther() : connect()), wasOpen: false };
    } catch (error) {
      if (!isFurther) {
        giveBack();
        throw error;
      }
    }
    // Nobody is woken: there is nothing for anybody else either, before another one gives its connection back.
    inUse -= 1;
    allowed = 1;
    return take();
  }

  function giveBack(session?: Session): void {
    inUse -= 1;
    allowed = most;
    if (session?.broken() === null) free.push(session);
    waiting.shift()?.();
  }

  async function attempt<T>(session: Session, step: (now: number) => Step<T>): Promise<T> {
    try {
      const { now } = lastRow<{ now: number }>(await session.script(beginReading(session)));
      const ask = (command: Command) => answers(command, session.run);
      return await runStep(step(now), ask);
    } finally {
      // Nobody waits for its end, but the connection is free only then.
      const ended = session.broken() === null ? session.script('COMMIT') : Promise.reject();
      ended.catch(() => {}).finally(() => giveBack(session));
    }
  }

  return {
    async run(step) {
      const { session, wasOpen } = await take();
      try {
        return await attempt(session, step);
      } catch (error) {
        // The server, or a pooler, may have closed a connection that was not used for a while.
        if (!wasOpen || session.broken() === null || isTimeout(error)) throw error;
      }
      return attempt((await take()).session, step);
    },
    async end() {
      while (inUse > 0) await new Promise<void>(resolve => waiting.push(resolve));
      await Promise.all(free.splice(0).map(session => session.close()));
    },
  };
}
