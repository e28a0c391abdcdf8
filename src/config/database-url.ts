import { userInfo } from 'node:os';
import { isLoopback } from '../loopback.ts';

/** Where a PostgreSQL server listens: a name or an address with a port, or the directory of its socket. */
export interface DatabaseHost {
  /** Begins with / for the directory of a socket. An IPv6 address has no brackets. */
  host: string;
  port: number;
}

/** How the connection is protected, as libpq names it. */
export const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

/** What `state.database` says. */
export interface DatabaseUrl {
  /** In the order in which they are tried. */
  hosts: readonly DatabaseHost[];
  database: string;
  user: string;
  password: string | null;
  sslmode: SslMode | null;
  /** The file of the certificates that sign the server's, `system`, or null for those that Node.js brings. */
  sslrootcert: string | null;
  /** The files of a certificate of one's own and its key. */
  sslcert: string | null;
  sslkey: string | null;
  channelBinding: boolean;
}

/** Why an address is refused, as the end of a sentence about the setting. It has nothing of the address in it. */
export class DatabaseUrlError extends Error {}

const shape = /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^/?#]*))?(?:\?([^#]*))?$/s;

/** Parameters that libpq knows and that have one right value here, or none. What they say is so anyway. */
const settled: Readonly<Record<string, readonly string[]>> = {
  target_session_attrs: ['any', 'read-write', 'primary'],
  sslsni: ['1'],
  keepalives: ['1'],
};

/** Parameters that count nowhere here, since this program has its own. */
const ignored = ['application_name', 'fallback_application_name', 'connect_timeout', 'pgbouncer'];

const reads = [
  'host',
  'port',
  'dbname',
  'user',
  'password',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'channel_binding',
];

const reserved = 'a sign such as / ? # @ : or % within the user, password or database must be percent-encoded';

/**
 * Reads an address as libpq does: `postgresql://user:password@host:port,host:port/database?sslmode=verify-full`, or with
 * `?host=/run/postgresql` for a socket. Without a user it is the one of the operating system, without a database the one
 * of that name.
 *
 * @throws DatabaseUrlError
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const found = shape.exec(text);
  if (!found)
    throw new DatabaseUrlError(`is not an address such as postgresql://user:password@host/database; ${reserved}`);
  const [, authority = '', path = '', query = ''] = found;
  if (path.includes('@')) throw new DatabaseUrlError(`has an @ after the first /; ${reserved}`);
  const parameters = readParameters(query);
  const at = authority.lastIndexOf('@');
  const [user, password] = splitOnce(authority.slice(0, Math.max(0, at)), ':');
  const name = parameters.get('user') ?? (decode(user) || userInfo().username);
  const secret = parameters.get('password') ?? (password === null ? null : decode(password));
  return {
    hosts: readHosts(authority.slice(at + 1), parameters),
    user: name,
    password: secret === '' ? null : secret,
    database: parameters.get('dbname') ?? (decode(path) || name),
    sslmode: oneOf(parameters, 'sslmode', sslModes),
    sslrootcert: parameters.get('sslrootcert') ?? null,
    ...ownCertificate(parameters),
    channelBinding: oneOf(parameters, 'channel_binding', ['disable', 'prefer', 'require']) === 'require',
  };
}

/** Returns what must never be written of an address, encoded and decoded. It works for one that is refused. */
export function databasePasswords(text: string): string[] {
  const authority = /^[a-z]+:\/\/([\s\S]*)$/.exec(text)?.[1] ?? '';
  const end = authority.lastIndexOf('@');
  const [, inUser] = splitOnce(authority.slice(0, Math.max(0, end)), ':');
  const given = /[?&]password=([^&#]*)/.exec(text)?.[1] ?? null;
  return [inUser, given].flatMap(secret => (secret ? [secret, lenient(secret)] : []));
}

/** Whether a server is on this machine: what is sent to it passes no network. */
export function isThisMachine(host: string): boolean {
  return host.startsWith('/') || isLoopback(host.includes(':') ? `[${host}]` : host);
}

function readParameters(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of query.split('&').filter(Boolean)) {
    const [name, value] = splitOnce(part, '=');
    const decoded = decode(value ?? '');
    if (name === 'options') {
      throw new DatabaseUrlError('has the parameter options, which no pooler keeps; set it for the user (ALTER ROLE)');
    }
    if (ignored.includes(name)) continue;
    const right = settled[name];
    if (right?.includes(decoded)) continue;
    if (right) throw new DatabaseUrlError(`has ${name} with a value other than ${right.join(' or ')}`);
    if (!reads.includes(name))
      throw new DatabaseUrlError(`has a parameter other than ${reads.join(', ')}; ${reserved}`);
    if (decoded === '') throw new DatabaseUrlError(`has no value for ${name}`);
    parameters.set(name, decoded);
  }
  return parameters;
}

function readHosts(authority: string, parameters: ReadonlyMap<string, string>): DatabaseHost[] {
  const named = parameters.get('host');
  const ports = parameters.get('port')?.split(',') ?? [];
  const hosts =
    named === undefined ? authority.split(',').map(splitPort) : named.split(',').map(host => [host, null] as const);
  return hosts.map(([host, port], at) => ({
    // libpq looks for a socket first. Where that is, its build decides; this is Debian's.
    host: host === '' ? '/var/run/postgresql' : decode(host),
    port: readPort(port ?? ports[at] ?? ports[0] ?? '5432'),
  }));
}

function splitPort(host: string): [host: string, port: string | null] {
  const bracketed = /^\[([0-9A-Fa-f:.]+)\](?::(.*))?$/s.exec(host);
  return bracketed ? [bracketed[1] ?? '', bracketed[2] ?? null] : splitOnce(host, ':');
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw new DatabaseUrlError(`has a port that is no number from 1 to 65535; ${reserved}`);
  return port;
}

function ownCertificate(parameters: ReadonlyMap<string, string>): Pick<DatabaseUrl, 'sslcert' | 'sslkey'> {
  const [sslcert = null, sslkey = null] = [parameters.get('sslcert'), parameters.get('sslkey')];
  if ((sslcert === null) !== (sslkey === null)) throw new DatabaseUrlError('has only one of sslcert and sslkey');
  return { sslcert, sslkey };
}

function oneOf<Name extends string>(
  parameters: ReadonlyMap<string, string>,
  name: string,
  right: readonly Name[],
): Name | null {
  const value = parameters.get(name);
  if (value === undefined) return null;
  const known = right.find(one => one === value);
  if (known === undefined) throw new DatabaseUrlError(`has ${name} with a value other than ${right.join(', ')}`);
  return known;
}

function splitOnce(text: string, sign: string): [before: string, after: string | null] {
  const at = text.indexOf(sign);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError(`has a % that begins no percent-encoded sign; ${reserved}`);
  }
}

function lenient(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
