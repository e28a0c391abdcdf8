/** The processes that share a store: what this one has claimed of it. */
import type { Clock } from '../clock.ts';
import type { Emit } from '../observe/events.ts';
import type { Part } from '../part.ts';
import type { Claims } from '../store/claims.ts';
import { createLeases, type Leases } from './leases.ts';
import { createRoles, type Role } from './roles.ts';

/** `start` resolves when it is known which roles are free. `stop` hands the roles over, and what else is claimed. */
export interface Instances {
  readonly leases: Leases;
  /** The claims of roles: to start last, and to stop first. */
  readonly roles: Part;
  /** See `Roles`. */
  role(name: string, isWanted?: () => boolean): Role;
  /** Says that a role may be free. */
  look(): void;
}

/** Returns null for a process that has the store alone. */
export function createInstances(options: { claims: Claims; clock: Clock; emit: Emit }): Instances | null {
  if (!options.claims.shared) return null;
  const leases = createLeases(options);
  const roles = createRoles({ ...options, leases });
  return { leases, roles, role: roles.role, look: roles.look };
}
