import { type AgentGateway, GatewayError } from '../agents/agent.ts';
import { type Clock, sleep } from '../clock.ts';
import type { CommandEffect, GivenCommand, StoppedRun } from '../store/commands.ts';
import type { Store } from '../store/store.ts';

export interface StopOptions {
  store: Pick<Store, 'commands' | 'get'>;
  gateway: Pick<AgentGateway, 'state' | 'connected' | 'abort'>;
  clock: Clock;
  /** The keys of the runs that are not run again. It is changed here. */
  stopped: Set<string>;
  /** Whether another process works on a lane. By default none does. */
  isElsewhere?: (lane: string) => Promise<boolean>;
  signal: AbortSignal;
}

/** What a command has come to: its effect, and the answer to who gave it. */
export interface Done {
  effect: CommandEffect;
  text: string;
}

/** Milliseconds for which a gateway that is away is waited for. */
const patience = 30_000;
/** Milliseconds between two looks at a run whose request, or whose end, may be under way. */
const pause = 250;
/** Looks for the end of a run that the gateway has ended, and of one that it does not have. */
const mostLooks = { ended: 40, unknown: 240 };

const nothing = (text: string): Done => ({ effect: { do: 'nothing' }, text });

/**
 * Stops the run that is in progress in the conversation of a command. Resolves to null when another process works on that:
 * OpenClaw lets only the connection that began a run stop it, so the command is for that process.
 *
 * The store knows which run before the gateway is asked, so that after any crash the same one is meant, and its message is
 * not run again. Rejects with the signal's reason when it aborts: then the command is still to be done.
 */
export function createStop({ store, gateway, clock, stopped, isElsewhere, signal }: StopOptions) {
  /** Waits for a connection. Resolves to why there is none. */
  const connect = async (): Promise<string | null> => {
    const limit = new AbortController();
    const cancel = clock.after(patience, () => limit.abort());
    try {
      await gateway.connected(AbortSignal.any([signal, limit.signal]));
      return null;
    } catch {
      signal.throwIfAborted();
      return gateway.state.reason ?? 'it is not connected';
    } finally {
      cancel();
    }
  };

  /** Resolves to null when the run is over because it was stopped, else to what became of it. */
  const abort = async (run: StoppedRun): Promise<string | null> => {
    let ended = false;
    for (let look = 1; look <= (ended ? mostLooks.ended : mostLooks.unknown); look += 1) {
      if (!ended) {
        const away = await connect();
        if (away !== null) return `The run could not be stopped, because the gateway is away: ${away}`;
        try {
          ended = await gateway.abort(run.session, run.runKey);
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof GatewayError)) throw error;
          if (error.kind !== 'away') {
            return `The run could not be stopped: ${[error.message, error.hint].filter(Boolean).join('. ')}`;
          }
        }
      }
      const entry = await store.get(run.message);
      if (entry?.outcome === 'stopped') return null;
      if (entry?.state !== 'sending' || entry.runKey !== run.runKey) return 'The run had ended already.';
      await sleep(clock, pause, signal);
    }
    // What became of it is still looked for in the gateway's record. It is not run again.
    return null;
  };

  return async (command: GivenCommand): Promise<Done | null> => {
    const run = command.run ?? (await store.commands.running(command.id));
    if (run === null) return nothing('No run is in progress.');
    if (command.run === null && !(await store.commands.aim(command.id, run))) return nothing('');
    stopped.add(run.runKey);
    const entry = await store.get(run.message);
    if (entry !== null && (await isElsewhere?.(entry.lane))) return null;
    const failure = await abort(run);
    if (failure === null) return { effect: { do: 'stop' }, text: 'The run was stopped.' };
    stopped.delete(run.runKey);
    return nothing(failure);
  };
}
