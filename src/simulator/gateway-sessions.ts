import { invalid, type Reply } from './gateway-frames.ts';
import type { GatewaySettings } from './gateway-settings.ts';

/**
 * Returns the canonical session key, `agent:<agentId>:<rest>` in lower case, or the gateway's refusal. `agents` are those
 * besides `main`.
 */
export function canonicalSession(
  key: string | null,
  { agents }: Pick<GatewaySettings, 'agents'>,
): { session: string } | { refusal: Reply } {
  if (key === null || key === 'main' || key === 'global') return { session: 'agent:main:main' };
  if (key.length > 512) return { refusal: invalid('sessionKey is longer than 512 characters') };
  const lower = key.toLowerCase();
  if (!lower.startsWith('agent:')) return { session: `agent:main:${lower}` };
  const [, agent, rest] = /^agent:([^:]*):(.*)$/s.exec(lower) ?? [];
  if (!agent || !rest) return { refusal: invalid('malformed session key') };
  if (!['main', ...agents.split(',')].includes(agent))
    return { refusal: invalid(`Agent "${agent}" no longer exists in configuration`) };
  return { session: lower };
}
