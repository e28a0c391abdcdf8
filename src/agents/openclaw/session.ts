import { createHash } from 'node:crypto';
import { type InboundMessage, replyAddress } from '../../domain/message.ts';

export interface SessionRules {
  /** The agent's id in the gateway. */
  agent: string;
  /** One session for each sender, or one for all of them. */
  session: 'per-sender' | 'shared';
  /** The last part of the session key when it is shared. */
  sharedSession: string;
}

export interface Sessions {
  /**
   * The gateway's session key for a message (openclaw-gateway reference, section 4: lower case). It is also the message's lane: what
   * shares a session stays in order. An entry keeps the one it arrived under, so that its run is looked for where it was started,
   * also when these rules have changed since.
   */
  key(message: InboundMessage): string;
}

export function createSessions(rules: SessionRules): Sessions {
  return {
    key: message => {
      const rest =
        rules.session === 'shared' ? rules.sharedSession : `kapso:direct:${inLowerCase(replyAddress(message.sender))}`;
      return `agent:${rules.agent}:${rest}`.toLowerCase();
    },
  };
}

/**
 * An address in lower case, and still another one for each address: business-scoped ids may differ in case alone. Their
 * prefix is always written the same way; where the last part has capitals, a fingerprint of the id follows a `+`, which no id has.
 */
function inLowerCase(address: string): string {
  const lastPart = address.slice(address.lastIndexOf('.') + 1);
  if (lastPart === lastPart.toLowerCase()) return address.toLowerCase();
  const fingerprint = createHash('sha256').update(address).digest('hex').slice(0, 16);
  return `${address.toLowerCase()}+${fingerprint}`;
}
