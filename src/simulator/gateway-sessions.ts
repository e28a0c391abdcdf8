import { invalid, type Reply } from './gateway-frames.ts';

/** Returns the canonical session key, `agent:<agentId>:<rest>` in lower case, or the gateway's refusal. */
export function canonicalSession(key: string | null): { session: string } | { refusal: Reply } {
  if (key === null || key === 'main' || key === 'global') return { session: 'agent:main:main' };
  if (key.length > 512) return { refusal: invalid('sessionKey is longer than 512 characters') };
  const lower = key.toLowerCase();
  if (!lower.startsWith('agent:')) return { session: `agent:main:${lower}` };
  const [, agent, rest] = /^agent:([^:]*):(.*)$/s.exec(lower) ?? [];
  if (!agent || !rest) return { refusal: invalid('malformed session key') };
  if (agent !== 'main') return { refusal: invalid(`Agent "${agent}" no longer exists in configuration`) };
  return { session: lower };
}
