import { createHash } from 'node:crypto';
import type { SessionFor } from '../../domain/conversation.ts';

export interface SessionRules {
  /** The agent's id in the gateway. */
  agent: string;
  /** One session for each sender, or one for all. */
  session: 'per-sender' | 'shared';
  /** The last part of a shared session's key. */
  sharedSession: string;
}

/**
 * Names the gateway's sessions (openclaw-gateway reference, section 4: keys are in lower case). An entry keeps its key,
 * so that its run is looked for where it was started, even when these rules have changed since. A person's messages in
 * a group belong to the person's own session: the answer is private too.
 */
export function createSessionFor(rules: SessionRules): SessionFor {
  const keyOf = (rest: string) => `agent:${rules.agent}:${rest}`.toLowerCase();
  if (rules.session === 'shared') return () => ({ key: keyOf(rules.sharedSession), of: 'account' });
  return ({ origin }) => ({ key: keyOf(`kapso:direct:${inLowerCase(origin)}`), of: 'contact' });
}

/**
 * Writes an address in lower case, and different addresses differently: business-scoped ids may differ in case alone.
 * Their prefix is always written the same way. When the last part has capitals, a fingerprint of the id follows a `+`,
 * which no id has.
 */
function inLowerCase(address: string): string {
  const lastPart = address.slice(address.lastIndexOf('.') + 1);
  if (lastPart === lastPart.toLowerCase()) return address.toLowerCase();
  const fingerprint = createHash('sha256').update(address).digest('hex').slice(0, 16);
  return `${address.toLowerCase()}+${fingerprint}`;
}
