import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { type Postgres, password, startProgram, user } from './postgres.ts';

/** Why no PgBouncer can be had here, or null. */
export const noPgbouncer =
  spawnSync('pgbouncer', ['--version']).status === 0 ? null : 'there is no PgBouncer here (Debian: pgbouncer)';

/** A real PgBouncer in transaction mode. */
export interface Pgbouncer extends AsyncDisposable {
  /** The address of a database by it. */
  url(database: string): string;
}

/** `connections`: how many it has to the server, at most. */
export async function startPgbouncer(postgres: Postgres, { connections = 5 } = {}): Promise<Pgbouncer> {
  const root = mkdtempSync(join(tmpdir(), 'kapso-pgbouncer-'));
  const port = await freePort();
  writeFileSync(join(root, 'users'), `"${user}" "${password}"\n`);
  writeFileSync(
    join(root, 'pgbouncer.ini'),
    `[databases]
* = host=${postgres.socketDirectory} port=${postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(root, 'users')}
pool_mode = transaction
default_pool_size = ${connections}
`,
  );
  for (const path of [root, join(root, 'users'), join(root, 'pgbouncer.ini')]) chmodSync(path, 0o755);
  const bouncer = await startProgram(['pgbouncer', join(root, 'pgbouncer.ini')], 'process up');
  return {
    url: database => postgres.url(database, { host: '127.0.0.1', port }),
    async [Symbol.asyncDispose]() {
      await bouncer.stop(0);
      rmSync(root, { recursive: true, force: true });
    },
  };
}
