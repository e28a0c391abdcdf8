import type { Clock } from '../../clock.ts';
import { GatewayError, type GatewayState } from '../agent.ts';

/** Holds the state of the connection, with those who wait for it. */
export interface StateHolder {
  readonly current: GatewayState;
  /** Does nothing when that is the state already, or after `closed`. */
  enter(next: Omit<GatewayState, 'since'>): void;
  /** Calls back on every change. Returns a function that stops this. */
  onState(listener: (state: GatewayState) => void): () => void;
  /** See `AgentGateway`. */
  connected(signal: AbortSignal): Promise<void>;
}

export function createStateHolder(clock: Clock): StateHolder {
  const listeners = new Set<(state: GatewayState) => void>();
  let state: GatewayState = { phase: 'connecting', since: clock.now(), reason: null, hint: null, bootId: null };

  const onState = (listener: (state: GatewayState) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };

  return {
    get current() {
      return state;
    },
    enter(next) {
      const same = (['phase', 'reason', 'hint', 'bootId'] as const).every(key => state[key] === next[key]);
      if (same || state.phase === 'closed') return;
      state = { ...next, since: clock.now() };
      for (const listener of [...listeners]) listener(state);
    },
    onState,
    connected(signal) {
      return new Promise((resolve, reject) => {
        const check = ({ phase }: GatewayState) => {
          if (signal.aborted) done(() => reject(signal.reason));
          else if (phase === 'connected') done(resolve);
          else if (phase === 'closed')
            done(() => reject(new GatewayError('away', 'The connection to the gateway is closed')));
        };
        const aborted = () => check(state);
        const leave = onState(check);
        const done = (end: () => void) => {
          leave();
          signal.removeEventListener('abort', aborted);
          end();
        };
        signal.addEventListener('abort', aborted, { once: true });
        check(state);
      });
    },
  };
}
