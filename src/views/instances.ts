/** Who shares the inbox, and which of them does what for all. */
import { type Claims, type Holder, instancePrefix, rolePrefix } from '../store/claims.ts';
import { waits } from '../waits.ts';

export interface InstancesReport {
  /** Those that work on the inbox, and those that were seen within a day and ended without a word. */
  seen: readonly InstanceReport[];
  /** Roles that none of them has at present. */
  free: readonly string[];
}

export interface InstanceReport {
  name: string;
  /** Whether its claims are valid. */
  alive: boolean;
  /** When it last renewed its claims, by the clock of this machine. */
  renewedAt: number;
  /** For example `polling:106540352242922`. */
  roles: readonly string[];
}

/** Reads who shares the inbox. Null for an inbox that one process has alone. `now`: milliseconds since the epoch. */
export async function readInstances(
  claims: Pick<Claims, 'shared' | 'holders'>,
  now: number,
): Promise<InstancesReport | null> {
  if (!claims.shared) return null;
  const instances = (await claims.holders(instancePrefix, { ended: true })).filter(({ owner }) => owner !== '');
  const roles = await claims.holders(rolePrefix, { ended: true });
  const alive = instances.filter(isValid);
  const replaced = new Set(alive.map(machineOf));
  // One that was killed and started again is there.
  const gone = instances.filter(one => !isValid(one) && !replaced.has(machineOf(one)));
  const namesOf = (some: readonly Holder[]) => some.map(({ lane }) => lane.slice(rolePrefix.length));
  return {
    seen: [...alive, ...gone].map(one => ({
      name: one.owner,
      alive: isValid(one),
      renewedAt: now - Math.max(0, waits.claims.lease - one.left),
      roles: namesOf(roles.filter(role => isValid(role) && role.owner === one.owner)),
    })),
    free: namesOf(roles.filter(role => !isValid(role))),
  };
}

function isValid({ left }: Holder): boolean {
  return left > 0;
}

/** Names begin with that of the machine. */
function machineOf({ owner }: Holder): string {
  return owner.replace(/ \(pid .*$/, '');
}
