import type { Config } from '../config/load.ts';

/** Returns what an operator should know of who may write, as a sentence; null when nothing is odd. */
export function accessWarning({ policy, allowFrom, contacts }: Config['access']): string | null {
  switch (policy) {
    case 'open': {
      const list = allowFrom.length > 0 ? ' access.allowFrom keeps nobody out then.' : '';
      return (
        'Whoever knows the number can write to the agent, and have it do what it can: access.policy is open.' +
        `${list} With pairing or allowlist (KAPSO_ACCESS_POLICY, KAPSO_ALLOWED_NUMBERS) you decide who may`
      );
    }
    case 'allowlist':
      if (allowFrom.length > 0 || contacts.length > 0) return null;
      return (
        'Nobody can write to the agent: access.policy is allowlist, and access.allowFrom is empty. Name who may ' +
        '(KAPSO_ALLOWED_NUMBERS), or take pairing'
      );
    case 'disabled':
      return 'Nobody can write to the agent: access.policy is disabled. With pairing or allowlist you decide who may';
    case 'pairing':
      return null;
  }
}
