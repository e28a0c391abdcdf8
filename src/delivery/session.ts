import { type InboundMessage, replyAddress } from '../kapso/message.ts';

export interface SessionRules {
  /** The agent's id in the gateway. */
  agent: string;
  /** One session for each sender, or one for all of them. */
  session: 'per-sender' | 'shared';
  /** The last part of the session key when it is shared. */
  sharedSession: string;
}

export interface Sessions {
  /** The gateway's session key for a message (openclaw-gateway reference, section 4: lower case). */
  key(message: InboundMessage): string;
  /** What must stay in order among itself: exactly what shares a session. */
  lane(message: InboundMessage): string;
}

export function createSessions(rules: SessionRules): Sessions {
  const key = (message: InboundMessage) => {
    const rest = rules.session === 'shared' ? rules.sharedSession : `kapso:direct:${replyAddress(message.sender)}`;
    return `agent:${rules.agent}:${rest}`.toLowerCase();
  };
  return { key, lane: key };
}
