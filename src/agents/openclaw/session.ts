import { createHash } from 'node:crypto';
import type { SessionFor } from '../../domain/conversation.ts';
import { plainRoute } from '../../domain/route.ts';

export interface SessionRules {
  /** The agent's id in the gateway. */
  agent: string;
  /** One session for each sender, or one for all. */
  session: 'per-sender' | 'shared';
  /** The last part of a shared session's key. */
  sharedSession: string;
  /** The keys have the account in them, so that no two accounts share a session. */
  numbered?: boolean;
}

/**
 * Names the gateway's sessions (openclaw-gateway reference, section 4: keys are in lower case). An entry keeps its key,
 * so that its run is looked for where it was started, even when these rules have changed since.
 *
 * A session has one lane, so what names it decides the lane too. A group always has a session of its own: what is said
 * to somebody alone is not for a group. It is of the agent of everybody, whoever writes there.
 */
export function createSessionFor(rules: SessionRules): SessionFor {
  const keyOf = (agent: string, rest: string) => `agent:${agent}:${rest}`.toLowerCase();
  return ({ account, origin, group }, route = plainRoute) => {
    const number = rules.numbered ? `${account}:` : '';
    if (group !== null)
      return { key: keyOf(rules.agent, `kapso:${number}group:${groupInLowerCase(group)}`), of: 'conversation' };
    const agent = route.agent ?? rules.agent;
    const shared = rules.session === 'shared' ? rules.sharedSession : null;
    const session = route.session ?? shared;
    if (session === null)
      return { key: keyOf(agent, `kapso:${number}direct:${inLowerCase(origin)}`), of: 'conversation' };
    const ofNumber = rules.numbered ? `:${account}` : '';
    const key = keyOf(agent, `${session}${ofNumber}`);
    const isEverybodys = shared !== null && key === keyOf(rules.agent, `${shared}${ofNumber}`);
    return { key, of: isEverybodys ? 'account' : { name: `${agent}/${session}`.toLowerCase() } };
  };
}

/** Names the sessions of several accounts, each by rules of its own. */
export function createSessionsOf(rulesOf: (account: string) => SessionRules): SessionFor {
  return (conversation, route) => createSessionFor(rulesOf(conversation.account))(conversation, route);
}

/**
 * Writes an address in lower case, and different addresses differently: business-scoped ids may differ in case alone.
 * Their prefix is always written the same way. When the last part has capitals, a fingerprint of the id follows a `+`,
 * which no id has.
 */
function inLowerCase(address: string): string {
  const lastPart = address.slice(address.lastIndexOf('.') + 1);
  return lastPart === lastPart.toLowerCase() ? address.toLowerCase() : withFingerprint(address);
}

/** Every part of a group's id may have capitals. */
function groupInLowerCase(group: string): string {
  return group === group.toLowerCase() ? group : withFingerprint(group);
}

function withFingerprint(id: string): string {
  const fingerprint = createHash('sha256').update(id).digest('hex').slice(0, 16);
  return `${id.toLowerCase()}+${fingerprint}`;
}
