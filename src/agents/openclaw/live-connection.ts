import type { Clock } from '../../clock.ts';
import type { Emit } from '../../observe/events.ts';
import { type Attempt, openAttempt } from './attempt.ts';
import { type AttemptEnd, type ConnectionFailure, classifyEnd } from './classify.ts';
import { createLiveness } from './liveness.ts';
import type { ShownDevice } from './shown-device.ts';
import type { TokenSource } from './token-hints.ts';
import type { Hello } from './wire.ts';

export interface LiveConnectionOptions {
  url: string;
  /** The gateway's address for logs and sentences. */
  where: string;
  token: string | null;
  tokenFrom: TokenSource | null;
  device: ShownDevice;
  version: string;
  clock: Clock;
  emit: Emit;
  /** Called when the gateway has accepted the connection and granted what is needed. */
  onConnected: (hello: Hello) => void;
}

export interface LiveConnection {
  readonly attempt: Attempt;
  /** The gateway's greeting; null before it. */
  readonly hello: Hello | null;
  /** Why it ended, and when the gateway had accepted it, in milliseconds since the epoch; null when it never did. */
  readonly ended: Promise<{ failure: ConnectionFailure; connectedAt: number | null }>;
  /** Ends it for this reason, unless it has ended already. */
  drop(failure: ConnectionFailure): void;
}

/**
 * One connection, from the attempt to its end. It is checked when the gateway accepts it, and dropped when it shows no
 * sign of life.
 */
export function openLiveConnection(options: LiveConnectionOptions): LiveConnection {
  const { where, device, clock, emit } = options;
  const { promise: ended, resolve } = Promise.withResolvers<{
    failure: ConnectionFailure;
    connectedAt: number | null;
  }>();
  let hello: Hello | null = null;
  let connectedAt: number | null = null;
  /** A reason that replaces the connection's own end. */
  let overrule: ConnectionFailure | null = null;
  const liveness = createLiveness(clock, ms => attempt.drop(`no sign of life for ${ms / 1000} s`));

  const drop = (failure: ConnectionFailure) => {
    overrule ??= failure;
    attempt.drop(failure.reason);
  };

  const onHello = (said: Hello) => {
    liveness.seen();
    const unusable = device.check(said);
    if (unusable) return drop(unusable);
    for (const limit of said.corrected) emit({ type: 'gateway limit corrected', gateway: where, ...limit });
    connectedAt = clock.monotonic();
    hello = said;
    liveness.watch(said.tickInterval);
    emit({ type: 'gateway connected', gateway: where, version: said.version, boot: said.bootId });
    options.onConnected(said);
  };

  const onEnd = (end: AttemptEnd) => {
    liveness.stop();
    hello = null;
    resolve({ failure: overrule ?? classifyEnd(end, where, options.tokenFrom), connectedAt });
  };

  const attempt = openAttempt({
    ...options,
    device: device.current,
    onHello,
    onFrame: liveness.seen,
    // A connection may end during its opening. Its owner is told afterwards.
    onEnd: end => queueMicrotask(() => onEnd(end)),
  });
  return {
    attempt,
    get hello() {
      return hello;
    },
    ended,
    drop,
  };
}
