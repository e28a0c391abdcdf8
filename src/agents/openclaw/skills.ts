/** What the gateway says of an agent's skill (openclaw-gateway reference, section 10, "Skill"). */
import { asList, asText, fieldsOf } from '../../narrow.ts';
import type { Connection } from './connection.ts';

/** A skill as the gateway finds it for an agent. */
export interface Skill {
  /** Whether the model is told of it. */
  visible: boolean;
  /** The configuration of the gateway switches it off. */
  disabled: boolean;
  /** Lists of skills leave it out. */
  blocked: boolean;
  /** What it needs and the gateway has not. */
  missing: { bins: string[]; env: string[]; others: string[] };
}

/** Milliseconds. The gateway looks through all its directories of skills. */
const timeout = 15_000;

/**
 * Asks the gateway for a skill of an agent; null when that agent has none of this name.
 *
 * @throws GatewayError, as `refused` where the gateway does not know the agent, or does not tell this connection
 */
export async function askForSkill(
  connection: Pick<Connection, 'request'>,
  { agent, name }: { agent: string; name: string },
): Promise<Skill | null> {
  return readSkill(await connection.request('skills.status', { agentId: agent }, { timeout }), name);
}

/** Reads the answer to `skills.status`. */
export function readSkill(payload: unknown, name: string): Skill | null {
  const skill = asList(fieldsOf(payload).skills)
    .map(fieldsOf)
    .find(one => one.name === name);
  if (skill === undefined) return null;
  const { bins, env, ...others } = fieldsOf(skill.missing);
  return {
    visible: skill.modelVisible === true,
    disabled: skill.disabled === true,
    blocked: skill.blockedByAllowlist === true || skill.blockedByAgentFilter === true,
    missing: { bins: texts(bins), env: texts(env), others: Object.values(others).flatMap(texts) },
  };
}

function texts(value: unknown): string[] {
  return asList(value).flatMap(one => asText(one) ?? []);
}
