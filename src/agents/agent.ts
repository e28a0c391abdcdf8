/** What delivery needs from an agent gateway. Of WhatsApp it knows only the conversation of a message. */
import type { SessionFor } from '../domain/conversation.ts';
import type { ErrorCode } from '../error-codes.ts';
import { KapsoWhatsappError } from '../errors.ts';
import type { Part } from '../part.ts';

export type GatewayPhase = 'connecting' | 'connected' | 'waiting' | 'blocked' | 'closed';

export interface GatewayState {
  phase: GatewayPhase;
  /** Milliseconds since the epoch. */
  since: number;
  /** For `waiting` and `blocked`: what is wrong, as a sentence. For `connecting`: why the last attempt failed, if one did. */
  reason: string | null;
  /** What the operator can do about it; null without advice. */
  hint: string | null;
  /** The id of the gateway process; null while not connected. */
  bootId: string | null;
}

export interface RunRequest {
  sessionKey: string;
  /** It becomes the run id. */
  runKey: string;
  message: string;
  systemPrompt: string;
  /** Images that the agent sees beside the message, within `imageLimits`. */
  attachments?: readonly Attachment[];
}

export interface Attachment {
  /** `image/…` */
  mimeType: string;
  fileName: string;
  content: Buffer;
}

/** In bytes of content. */
export interface ImageLimits {
  /** Of all images of one run together. */
  maxBytes: number;
  /** Of one image. */
  maxImageBytes: number;
}

/** One use of a tool by a run, as the gateway's record shows it. */
export interface ToolCall {
  name: string;
  /** The command line, for a tool that runs one. */
  command: string | null;
  /** The text of its result; null without one. A long one lacks its middle. */
  output: string | null;
  /** Whether the result says that it failed; null when it does not say. */
  failed: boolean | null;
  /** The exit code of the command, when the result names it: one that is not 0. */
  exitCode: number | null;
  /** The gateway has not run it at all. */
  refused: boolean;
}

/** A file that a run attaches to its reply. */
export interface MediaReference {
  /** As the agent named it: a path, which may be relative to the agent's workspace or begin with `~/`, or an address. */
  source: string;
  /** A sound is to be heard as a voice note. */
  voice?: true;
}

/** What a run said and did. */
export interface RunResult {
  /** The text for a reader; null when the run chose to say nothing. The agent's words for its gateway are not in it. */
  reply: string | null;
  /** What it attaches, in its order. Absent for a run that attaches nothing. */
  media?: readonly MediaReference[];
  /** The agent asked for the reply to quote the message. Known only from the record. */
  quote?: true;
  /** The tools that the run used, the first one first; null when it is not known. */
  calls: readonly ToolCall[] | null;
}

/** How a run ended. */
export type RunOutcome =
  /** The run ended by itself. */
  | ({ kind: 'ended' } & RunResult)
  /**
   * The run ended with an error. `toolsRan`: it may have acted before (true when unknown). `mayStillRun`: nobody waits
   * for it any longer, and it may continue.
   */
  | { kind: 'error'; reason: string; toolsRan: boolean; mayStillRun?: true }
  /** The gateway does not know the run (any more). `recall` must decide. */
  | { kind: 'unknown' };

/** What the gateway's durable record says of a run key (openclaw-gateway reference, section 9). */
export type Recalled =
  /** Its input and an answer are in the transcript. */
  | ({ kind: 'answered' } & RunResult)
  /** Running, queued, or being resumed: ask again later. */
  | { kind: 'active' }
  /**
   * Its input is in the transcript, nothing runs, and no answer came. `toolsRan` is false only when the record shows an
   * error before the use of any tool. Absent means true.
   */
  | { kind: 'unanswered'; toolsRan?: boolean }
  /** Its input was taken and given up. Only a new key is accepted. */
  | { kind: 'interrupted' }
  /** The record has no trace of it. */
  | { kind: 'absent' };

export type GatewayErrorKind =
  /**
   * The connection is gone, or the gateway asks for another attempt. `retryAfter` is in milliseconds, where the gateway
   * says so.
   */
  | 'away'
  /** The gateway is connected but takes no run of any message until somebody changes something there. */
  | 'unready'
  /** This key can never be used again. */
  | 'key-spent'
  /** The gateway will never take this message. */
  | 'permanent'
  /** Anything else. It may pass, or be caused by this message. */
  | 'refused';

const refusalCodes: Record<GatewayErrorKind, ErrorCode> = {
  away: 'GATEWAY_AWAY',
  unready: 'GATEWAY_UNREADY',
  'key-spent': 'GATEWAY_KEY_SPENT',
  permanent: 'GATEWAY_MESSAGE_REFUSED',
  refused: 'GATEWAY_REFUSED',
};

/**
 * Thrown by `run`, `wait`, `recall` and `abort`, and by `connected` when the connection was closed here. Its code follows
 * from its kind.
 */
export class GatewayError extends KapsoWhatsappError {
  readonly kind: GatewayErrorKind;
  /** Milliseconds; null when the gateway does not say. */
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
  /** Names the session of a conversation. The name is kept with each message. */
  readonly sessionFor: SessionFor;
  readonly state: GatewayState;
  /** Calls back on every change of state. Returns a function that stops this. */
  onState(listener: (state: GatewayState) => void): () => void;
  /** Connects in the background. */
  start(): void;
  /** Resolves when connected, at once while it is. Rejects when `signal` aborts. */
  connected(signal: AbortSignal): Promise<void>;
  /** What images a run may have; null when the gateway takes none, and while it is not connected. */
  imageLimits(): ImageLimits | null;
  /**
   * Resolves when the gateway has taken the run (or already had it). `guard` is called right before the request leaves;
   * what it throws, this rejects with, and nothing has left.
   */
  run(request: RunRequest, signal: AbortSignal, guard?: () => void): Promise<void>;
  /**
   * Resolves when the run has ended, or with `unknown` when the gateway has no memory of it. With `calls` the record is
   * asked what the run did; without, `calls` of the outcome may be null.
   */
  wait(runKey: string, signal: AbortSignal, options?: { calls: boolean }): Promise<RunOutcome>;
  recall(sessionKey: string, runKey: string): Promise<Recalled>;
  /**
   * The same for somebody who looks: nothing follows from it, and it may be asked at any time. Absent where the gateway
   * keeps no record.
   */
  record?(sessionKey: string, runKey: string, signal: AbortSignal): Promise<Recalled>;
  /**
   * Returns the directory in which the agent of a session works: an absolute path of this machine. Null where the gateway
   * does not say it, and for a gateway on another machine.
   */
  workspaceOf(sessionKey: string): Promise<string | null>;
  /**
   * Ends a run that is in progress or waits in its session; `wait` then tells an error. Resolves with whether the gateway
   * had it: one that has just ended by itself may count as such for a moment. Rejects as `refused` when the gateway does
   * not allow it, as for a run that another connection began.
   */
  abort(sessionKey: string, runKey: string): Promise<boolean>;
  stop(): Promise<void>;
}
