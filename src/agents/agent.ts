/**
 * What delivery needs of an agent gateway; of WhatsApp it knows only whose conversation it is.
 */
import type { SessionFor } from '../domain/conversation.ts';
import type { ErrorCode } from '../error-codes.ts';
import { KapsoWhatsappError } from '../errors.ts';
import type { Part } from '../part.ts';

export type GatewayPhase = 'connecting' | 'connected' | 'waiting' | 'blocked' | 'closed';

export interface GatewayState {
  phase: GatewayPhase;
  /** Milliseconds since the epoch. */
  since: number;
  /** For `waiting` and `blocked`: what is wrong, in a sentence. For `connecting`: why the last attempt failed, if one did. */
  reason: string | null;
  /** What the operator can do about it. */
  hint: string | null;
  /** Names the gateway process; null while not connected. */
  bootId: string | null;
}

export interface RunRequest {
  sessionKey: string;
  /** Becomes the run id. */
  runKey: string;
  message: string;
  systemPrompt: string;
}

/** What became of a run. */
export type RunOutcome =
  /** The run ended by itself. `reply` is its visible text; null when it chose to say nothing. */
  | { kind: 'ended'; reply: string | null }
  /**
   * The run ended with an error. `toolsRan` tells whether it may have acted before (unknown counts as true); `mayStillRun` that it is no
   * longer waited for, and may go on.
   */
  | { kind: 'error'; reason: string; toolsRan: boolean; mayStillRun?: true }
  /** The gateway does not know (any more); `recall` must decide. */
  | { kind: 'unknown' };

/** What the gateway's durable record says of a run key (openclaw-gateway reference, section 9). */
export type Recalled =
  /** Its input and an answer are in the transcript. */
  | { kind: 'answered'; reply: string | null }
  /** Running, queued, or being resumed: ask again later. */
  | { kind: 'active' }
  /**
   * Its input is in the transcript, nothing runs, and no answer came. `toolsRan` is false only where the record shows that it
   * ended with an error before it used any tool; absent counts as true.
   */
  | { kind: 'unanswered'; toolsRan?: boolean }
  /** Its input was taken and given up: only a new key is accepted. */
  | { kind: 'interrupted' }
  /** No trace. */
  | { kind: 'absent' };

export type GatewayErrorKind =
  /** The connection went away, or the gateway asks to try again; `retryAfter` in milliseconds where it says. */
  | 'away'
  /** The gateway is there, but takes no run until somebody changes something at it, whichever message it is. */
  | 'unready'
  /** This key can never be used again. */
  | 'key-spent'
  /** The gateway will never take this message. */
  | 'permanent'
  /** Anything else: it may pass, or be this message's own fault. */
  | 'refused';

const refusalCodes: Record<GatewayErrorKind, ErrorCode> = {
  away: 'GATEWAY_AWAY',
  unready: 'GATEWAY_UNREADY',
  'key-spent': 'GATEWAY_KEY_SPENT',
  permanent: 'GATEWAY_MESSAGE_REFUSED',
  refused: 'GATEWAY_REFUSED',
};

/** Thrown by `run`, `wait` and `recall`, and by `connected` when the connection was closed here. Its code follows from its kind. */
export class GatewayError extends KapsoWhatsappError {
  readonly kind: GatewayErrorKind;
  /** Milliseconds; null where the gateway does not say. */
  readonly retryAfter: number | null;

  constructor(
    kind: GatewayErrorKind,
    message: string,
    options: { retryAfter?: number | null; hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(refusalCodes[kind], message, { hint: options.hint, cause: options.cause });
    this.kind = kind;
    this.retryAfter = options.retryAfter ?? null;
  }
}

export interface AgentGateway extends Part {
  /** Names the session in which a conversation goes on; the name is kept with each message. */
  readonly sessionFor: SessionFor;
  readonly state: GatewayState;
  /** Calls back on every change of state; returns the way to stop that. */
  onState(listener: (state: GatewayState) => void): () => void;
  /** Connects in the background. */
  start(): void;
  /** Resolves at once while connected, else when it next is; rejects when `signal` aborts. */
  connected(signal: AbortSignal): Promise<void>;
  /** Resolves when the gateway has taken the run (or already had it). */
  run(request: RunRequest, signal: AbortSignal): Promise<void>;
  /** Resolves when the run has ended, or with `unknown` when the gateway has no memory of it. */
  wait(runKey: string, signal: AbortSignal): Promise<RunOutcome>;
  recall(sessionKey: string, runKey: string): Promise<Recalled>;
  stop(): Promise<void>;
}
