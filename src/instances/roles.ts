/** What one process does for all that share a store: it has the role for it, and another one takes that over when it is gone. */
import type { Clock } from '../clock.ts';
import type { Emit } from '../observe/events.ts';
import type { RolesStatus } from '../observe/status.ts';
import type { Part } from '../part.ts';
import { type Claims, type Holder, instancePrefix, rolePrefix as prefix } from '../store/claims.ts';
import { waits } from '../waits.ts';
import type { Hold } from './hold.ts';
import type { Leases } from './leases.ts';

export interface RolesOptions {
  claims: Pick<Claims, 'owner' | 'holders'>;
  leases: Pick<Leases, 'take' | 'giveBack'>;
  clock: Clock;
  emit: Emit;
}

/** Something that one of the processes does. */
export interface Role {
  /** The right to do it; null while another process has it. */
  readonly hold: Hold | null;
  /** Calls back whenever that changes. */
  onChange(listener: () => void): void;
  /**
   * Gives it up, because its work fails here and may not elsewhere. Nothing happens where no other process is seen, and for a
   * while after it was given up before: where it fails everywhere, somebody goes on trying.
   */
  giveUp(reason: string): void;
}

/** Whether this process is to do it: always, where it has the store alone and so no roles. */
export function isOwn(role: Role | undefined): boolean {
  return role === undefined || role.hold !== null;
}

/** `stop` hands all roles over at once. */
export interface Roles extends Part {
  /** Returns the role of this name, always the same. The first who asks for it, before the start, says whether it is wanted. */
  role(name: string, isWanted?: () => boolean): Role;
  /** Says that a role may be free. */
  look(): void;
}

interface Wanted {
  /** The name under which it is claimed. */
  lane: string;
  isWanted: () => boolean;
  hold: Hold | null;
  listeners: (() => void)[];
  /** When and why it was last given up. The first time is by the monotonic clock. */
  givenUp: { at: number; since: number; reason: string } | null;
  /** Since when nobody was seen to have it, by the monotonic clock; null while somebody has. */
  freeSince: number | null;
}

function wanted(lane: string, isWanted = () => true): Wanted {
  return { lane, isWanted, hold: null, listeners: [], givenUp: null, freeSince: null };
}

export function createRoles({ claims, leases, clock, emit }: RolesOptions): Roles {
  /** By which others see that this process is there. */
  const presence = wanted(instancePrefix + claims.owner);
  const roles: Wanted[] = [];
  const made = new Map<string, Role>();
  const all = () => [presence, ...roles];
  let told = '';
  let othersSeen = false;
  let started = false;
  let looking: Promise<void> | null = null;
  let again = false;
  let cancel = () => {};

  function change(role: Wanted, hold: Hold | null): void {
    role.hold = hold;
    for (const listener of role.listeners) listener();
  }

  async function take(role: Wanted): Promise<void> {
    const hold = await leases.take(role.lane);
    if (hold === null) return;
    if (!started) return leases.giveBack(role.lane, { wanted: true });
    hold.signal.addEventListener('abort', () => {
      if (role.hold !== hold) return;
      change(role, null);
      look();
    });
    if (!hold.signal.aborted) change(role, hold);
  }

  const nameOf = ({ lane }: Pick<Wanted, 'lane'>) => lane.slice(prefix.length);
  const isOther = ({ owner }: Pick<Holder, 'owner'>) => owner !== claims.owner;
  const ago = (since: number) => clock.monotonic() - since;
  const wasGivenUp = ({ givenUp }: Wanted) => givenUp !== null && ago(givenUp.at) < waits.role.kept;

  function mayTake(role: Wanted): boolean {
    if (role.hold !== null || !role.isWanted()) return false;
    return !wasGivenUp(role) || (role.freeSince !== null && ago(role.freeSince) >= waits.role.free);
  }

  function giveUp(role: Wanted, reason: string): void {
    if (role.hold === null || !othersSeen || wasGivenUp(role)) return;
    role.givenUp = { at: clock.monotonic(), since: clock.now(), reason };
    role.freeSince = null;
    emit({ type: 'role given up', role: nameOf(role), reason });
    void handOver(role).finally(look);
  }

  function handOver(role: Wanted): Promise<void> {
    change(role, null);
    return leases.giveBack(role.lane, { wanted: true });
  }

  /** Sees who is there, and tells who has which role when that is not what was told before. */
  async function see(): Promise<void> {
    const holders = await claims.holders(prefix);
    othersSeen = (await claims.holders(instancePrefix)).some(isOther);
    const held = new Set(holders.map(({ lane }) => lane));
    for (const role of roles) role.freeSince = held.has(role.lane) ? null : (role.freeSince ?? clock.monotonic());
    const own = roles.filter(({ hold }) => hold !== null).map(nameOf);
    const named = holders.filter(isOther).map(({ lane, owner }) => [nameOf({ lane }), owner] as const);
    const givenUp = roles.flatMap(role =>
      role.givenUp !== null && role.hold === null && wasGivenUp(role)
        ? [{ role: nameOf(role), since: role.givenUp.since, reason: role.givenUp.reason }]
        : [],
    );
    const status: RolesStatus = {
      owner: claims.owner,
      own,
      others: Object.fromEntries(named),
      ...(givenUp.length > 0 && { givenUp }),
    };
    const text = JSON.stringify(status);
    if (text === told || !started) return;
    told = text;
    emit({ type: 'roles changed', roles: status });
  }

  async function lookNow(): Promise<void> {
    cancel();
    again = false;
    await Promise.all(roles.filter(({ hold, isWanted }) => hold !== null && !isWanted()).map(handOver));
    await Promise.all(all().filter(mayTake).map(take));
    // Where the store cannot be read, that is told of already.
    await see().catch(() => undefined);
    if (started) cancel = clock.after(again ? waits.claims.soon : waits.claims.looked, look);
  }

  function look(): void {
    again = looking !== null;
    if (started) looking ??= lookNow().finally(() => (looking = null));
  }

  return {
    role(name, isWanted) {
      const known = made.get(name);
      if (known !== undefined) return known;
      const role = wanted(prefix + name, isWanted);
      roles.push(role);
      const own: Role = {
        get hold() {
          return role.hold;
        },
        onChange: listener => void role.listeners.push(listener),
        giveUp: reason => giveUp(role, reason),
      };
      made.set(name, own);
      return own;
    },
    look,
    start: async () => {
      started = true;
      look();
      await looking;
    },
    async stop() {
      started = false;
      cancel();
      const had = all().filter(({ hold }) => hold !== null);
      await Promise.all([looking, ...had.map(handOver)]);
    },
  };
}
