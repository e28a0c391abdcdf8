import type { Weakness } from '../shared-database.ts';

/** What a server says of itself. */
export interface Server {
  /** For example `db.example.com:5432`. */
  at: string;
  version: number;
  /** Whether the connection ends at the server itself, not at a pooler. */
  direct: boolean;
  standby: boolean;
  synchronousCommit: string;
  fsync: boolean;
  synchronousStandbys: boolean;
}

/** Whether the server, asked for nothing else, confirms what may not be on its disk, or on that of its standbys, yet. */
export function confirmsEarly({ synchronousCommit }: Pick<Server, 'synchronousCommit'>): boolean {
  return synchronousCommit !== 'on' && synchronousCommit !== 'remote_apply';
}

/** Says in a few words what was connected to. */
export function describe({ at, version, direct, standby }: Server): string {
  return `PostgreSQL ${version} at ${at}${standby ? ', a standby' : ''}${direct ? '' : ', through a pooler'}`;
}

/**
 * Says why what was confirmed may be lost all the same. `hosts`: how many are named in the address. What
 * `synchronous_commit` says weakens nothing: each transaction of this program switches it on (see scripts.ts).
 */
export function weaknesses({ fsync, synchronousStandbys }: Server, hosts: number): Weakness[] {
  const found: Weakness[] = [];
  if (!fsync) {
    const says = 'fsync is off: a crash of its machine may damage the database, with all that was accepted';
    found.push({ says, todo: 'Set fsync = on there' });
  }
  if (hosts > 1 && !synchronousStandbys) {
    const says =
      'several hosts are named, and synchronous_standby_names is empty: what was accepted last is lost when a standby takes over';
    found.push({ says, todo: 'Name the standbys there that must have it too' });
  }
  return found;
}
