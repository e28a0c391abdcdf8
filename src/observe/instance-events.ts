import type { RolesStatus } from './status.ts';

/** What happens between the processes that share a store. */
export type InstanceEvent =
  /** A lane or role was lost while it was worked on: that was interrupted, and nothing of it is written or sent any more. */
  | { type: 'claim lost'; lane: string; reason: string }
  /** Claims can neither be made nor renewed. What this process has claimed ends when its lease does. */
  | { type: 'claims failing'; error: unknown }
  | { type: 'claims work again' }
  /** A role is left to others, because its work fails here. */
  | { type: 'role given up'; role: string; reason: string }
  /** Which roles this process has, and who has the others, when that changes. */
  | { type: 'roles changed'; roles: RolesStatus };
