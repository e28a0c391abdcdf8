import { createHash } from 'node:crypto';
import type { SessionFor } from '../../domain/conversation.ts';

export interface SessionRules {
  /** The agent's id in the gateway. */
  agent: string;
  /** One session for each sender, or one for all of them. */
  session: 'per-sender' | 'shared';
  /** The last part of the session key when it is shared. */
  sharedSession: string;
}

/**
 * Names the gateway's sessions (openclaw-gateway reference, section 4: keys are in lower case). An entry keeps the key that it arrived
 * under, so that its run is looked for where it was started, also when these rules have changed since. What somebody writes in a group
 * goes on in the session of the same person: the answer is private too.
 */
export function createSessionFor(rules: SessionRules): SessionFor {
  const keyOf = (rest: string) => `agent:${rules.agent}:${rest}`.toLowerCase();
  if (rules.session === 'shared') return () => ({ key: keyOf(rules.sharedSession), of: 'account' });
  return ({ address }) => ({ key: keyOf(`kapso:direct:${inLowerCase(address)}`), of: 'contact' });
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
