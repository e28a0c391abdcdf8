import type { InboundMessage } from '../../domain/message.ts';

/**
 * The reading of a row or payload item. It is a message for the agent, an item that is not ours to forward (outbound,
 * history import, another number), or an unreadable item, which is kept for the operator.
 */
export type Normalised =
  /** `undated`: it had no possible time on the wire; its `timestamp` is when it was read. */
  | { kind: 'message'; message: InboundMessage; undated?: true }
  /** `phoneNumberId`: the number that it was for, when that is the reason. */
  | { kind: 'skipped'; id: string | null; reason: string; phoneNumberId?: string }
  /** `tooLarge`: it was not held. Two that begin alike and have no id cannot be told apart. */
  | { kind: 'unreadable'; id: string; timestamp: number; reason: string; raw: unknown; tooLarge?: true };
