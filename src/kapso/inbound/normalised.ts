import type { InboundMessage } from '../../domain/message.ts';

/**
 * A row or payload item that was read: either a message for the agent, something that is not ours to forward
 * (outbound, history import, other number), or something we cannot read, which is kept for the operator.
 */
export type Normalised =
  /** `undated`: on the wire it had no time that can be; its `timestamp` is when it was read. */
  | { kind: 'message'; message: InboundMessage; undated?: true }
  /** `phoneNumberId`: the one it was for, where that is the reason. */
  | { kind: 'skipped'; id: string | null; reason: string; phoneNumberId?: string }
  /** `tooLarge`: it was not held, so that two which begin alike and have no id cannot be told apart. */
  | { kind: 'unreadable'; id: string; timestamp: number; reason: string; raw: unknown; tooLarge?: true };
