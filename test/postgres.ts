import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { systemClock } from '../src/clock.ts';
import { startTied, type TiedProcess } from '../src/tied-process.ts';
import { freePort } from './free-port.ts';

/** The user of the tests' databases, who is no administrator. Its password has signs in it that an address must encode. */
export const user = 'kapso';
export const password = 'p@ss/w%rd:1';

const administrator = 'postgres';

/** A real PostgreSQL with files of its own. */
export interface Postgres extends AsyncDisposable {
  readonly port: number;
  /** The directory of its socket. */
  readonly socketDirectory: string;
  readonly dataDirectory: string;
  /** Makes an empty database of `user`, and returns its name. */
  createDatabase(): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  /** Its address for `user`, by its socket, or by another host and port with the password. */
  url(database: string, by?: { host?: string; port?: number; parameters?: string }): string;
  /** Runs statements as its administrator. Returns the rows of the last. */
  query(database: string, text: string): Promise<Record<string, unknown>[]>;
  /** Adds lines to its configuration. They count after a restart. */
  configure(lines: string): void;
  /** Gives a file to the user of the server. */
  own(path: string): void;
  start(): Promise<void>;
  /** `fast` breaks all connections; `immediate` does not wait for its disk either, as after a loss of power. */
  stop(how: 'fast' | 'immediate'): Promise<void>;
  /** Ends all connections of `user` before it returns: the next statement on one of them fails. */
  breakConnections(): void;
  /** Stops its process, and all processes of its connections, until `resume`. */
  freeze(): void;
  resume(): void;
}

function findPrograms(): string | null {
  const told = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [
    ...(told.status === 0 ? [told.stdout.trim()] : []),
    ...versions.map(version => join(root, version, 'bin')),
  ];
  return places.find(place => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres'))) ?? null;
}

const programs = findPrograms();

/** Why no PostgreSQL can be had here, or null. */
export const noPostgres = programs === null ? 'there is no PostgreSQL here (Debian: postgresql)' : null;

/** PostgreSQL does not run as root. */
const account = ((): { uid: number; gid: number; words: readonly string[] } => {
  const { uid, gid } = userInfo();
  if (uid !== 0) return { uid, gid, words: [] };
  const id = (of: string, name: string) => spawnSync('id', [of, name], { encoding: 'utf8' }).stdout.trim();
  const name = id('-u', administrator) === '' ? 'nobody' : administrator;
  const [user, group] = [Number(id('-u', name)), Number(id('-g', name))];
  return { uid: user, gid: group, words: ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--clear-groups'] };
})();

/** Runs a program as the user of the server, to its end. */
function run(program: string, ...words: string[]): void {
  const [first = '', ...rest] = [...account.words, program, ...words];
  execFileSync(first, rest, { cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A directory that the server may write. */
function ownDirectory(under = tmpdir()): string {
  const path = mkdtempSync(join(under, 'kapso-postgres-'));
  chownSync(path, account.uid, account.gid);
  return path;
}

/**
 * Returns the directory of a new server, to be copied: to make one takes a second. It is kept for all later tests on this
 * machine. The collation of its databases is not that of bytes, so that a text without COLLATE "C" is noticed.
 */
function template(bin: string): string {
  const version = execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' }).trim();
  const path = join(tmpdir(), `kapso-postgres-template-${account.uid}-${version.replace(/[^0-9A-Za-z.]+/g, '-')}`);
  if (existsSync(path)) return path;
  const draft = ownDirectory();
  const words = ['--no-sync', `--username=${administrator}`, '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8'];
  run(join(bin, 'initdb'), ...words, '--locale-provider=icu', '--icu-locale=en', `--pgdata=${join(draft, 'data')}`);
  try {
    renameSync(draft, path);
  } catch (error) {
    // Another worker was quicker.
    if (!existsSync(path)) throw error;
    rmSync(draft, { recursive: true });
  }
  return path;
}

/** Starts a program that ends with this process. Resolves when its output has the text; rejects when it ends before. */
export async function startProgram(words: readonly string[], ready: string): Promise<TiedProcess> {
  const [program = '', ...rest] = [...account.words, ...words];
  const { promise, resolve } = Promise.withResolvers<void>();
  const onOutput = (output: string) => output.includes(ready) && resolve();
  const started = startTied(program, rest, { clock: systemClock, onOutput });
  const ended = started.exited.then(({ stdout, stderr }) => {
    throw new Error(`${words[0]} ended before it was ready: ${stdout}${stderr}`);
  });
  ended.catch(() => {});
  await Promise.race([promise, ended]);
  return started;
}

/**
 * Starts a PostgreSQL of its own. `durable`: it waits for its disk, as it must where a test ends it by force. `under`: the
 * directory for its files.
 */
export async function startPostgres({ durable = false, settings = '', under = tmpdir() } = {}): Promise<Postgres> {
  if (programs === null) throw new Error(String(noPostgres));
  const root = ownDirectory(under);
  const dataDirectory = join(root, 'data');
  cpSync(join(template(programs), 'data'), dataDirectory, { recursive: true });
  execFileSync('chown', ['-R', `${account.uid}:${account.gid}`, root]);
  const port = await freePort();
  const configuration = join(dataDirectory, 'postgresql.conf');
  appendFileSync(
    configuration,
    `\nlisten_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = '${root}'\nfsync = ${durable ? 'on' : 'off'}
logging_collector = off\nlog_destination = stderr\nshared_buffers = 64MB\nmax_connections = 60\n${settings}\n`,
  );
  writeFileSync(
    join(dataDirectory, 'pg_hba.conf'),
    'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\nhostssl all all ::1/128 scram-sha-256\n',
  );
  let server: TiedProcess | null = null;
  let databases = 0;

  async function query(database: string, text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ host: root, port, user: administrator, database });
    // A server that stops breaks what is under way, which rejects with it.
    client.on('error', () => {});
    await client.connect();
    try {
      const results = await client.query(text);
      return [results].flat().at(-1)?.rows ?? [];
    } finally {
      await client.end();
    }
  }

  /** The processes of the server but its first, those of connections among them, as `pid title`. */
  function children(): string[] {
    const words = ['-o', 'pid=,args=', '--ppid', String(server?.pid)];
    return spawnSync('ps', words, { encoding: 'utf8' }).stdout.trim().split('\n');
  }

  /** Signals every process of the server. Those of its connections are in groups of their own. */
  function signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    for (const each of [Number(server?.pid), ...children().map(line => parseInt(line, 10))]) process.kill(each, name);
  }

  const postgres: Postgres = {
    port,
    socketDirectory: root,
    dataDirectory,
    async createDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      await query('postgres', `CREATE DATABASE ${name} OWNER ${user}`);
      return name;
    },
    dropDatabase: async name => void (await query('postgres', `DROP DATABASE ${name} WITH (FORCE)`)),
    url(database, { host, port: other = port, parameters = '' } = {}) {
      if (host === undefined) {
        return `postgres://${user}@/${database}?host=${encodeURIComponent(root)}&port=${port}${parameters && `&${parameters}`}`;
      }
      return `postgres://${user}:${encodeURIComponent(password)}@${host}:${other}/${database}${parameters && `?${parameters}`}`;
    },
    query,
    configure: lines => appendFileSync(configuration, `${lines}\n`),
    own: path => chownSync(path, account.uid, account.gid),
    async start() {
      server = await startProgram(
        [join(programs, 'postgres'), '-D', dataDirectory],
        'database system is ready to accept connections',
      );
    },
    async stop(how) {
      if (server?.pid === undefined) return;
      process.kill(server.pid, how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await server.exited;
      server = null;
    },
    breakConnections() {
      for (const line of children())
        if (line.includes(`postgres: ${user} `)) process.kill(parseInt(line, 10), 'SIGTERM');
    },
    freeze: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await postgres.stop('immediate');
      rmSync(root, { recursive: true, force: true });
    },
  };
  await postgres.start();
  await query('postgres', `CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
  return postgres;
}
