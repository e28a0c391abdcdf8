import { readFileSync } from 'node:fs';
import { type ConnectionOptions, getCACertificates } from 'node:tls';
import { type DatabaseUrl, isThisMachine, type SslMode } from '../../config/database-url.ts';
import { StoreError } from '../errors.ts';

export interface Protection {
  /** Null for a connection in the clear. */
  tls: ConnectionOptions | null;
  /** Whether a server that does not offer TLS is spoken to in the clear. */
  orInTheClear: boolean;
}

/** Without a word about it, a server elsewhere must prove who it is. What goes to this machine passes no network. */
function modeFor(host: string, { sslmode }: DatabaseUrl): SslMode {
  return sslmode ?? (isThisMachine(host) ? 'prefer' : 'verify-full');
}

/** How a connection to a host is protected, by libpq's rules. Throws STORE_REFUSED for a file that cannot be read. */
export function protectionFor(host: string, url: DatabaseUrl): Protection {
  const mode = modeFor(host, url);
  if (mode === 'disable' || host.startsWith('/')) return { tls: null, orInTheClear: false };
  const own = url.sslcert !== null && url.sslkey !== null;
  const certificate = own ? { cert: read(url.sslcert, 'sslcert'), key: read(url.sslkey, 'sslkey') } : {};
  // As with libpq, whoever names a certificate wants it to be looked at.
  if (mode === 'prefer' || (mode === 'require' && url.sslrootcert === null)) {
    return { tls: { ...certificate, rejectUnauthorized: false }, orInTheClear: mode === 'prefer' };
  }
  const ca = url.sslrootcert === null ? {} : { ca: rootsOf(url.sslrootcert) };
  const anyName = mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined };
  return { tls: { ...certificate, ...ca, ...anyName }, orInTheClear: false };
}

function rootsOf(sslrootcert: string): string | string[] {
  return sslrootcert === 'system' ? getCACertificates('system') : read(sslrootcert, 'sslrootcert');
}

function read(path: string | null, parameter: string): string {
  try {
    return readFileSync(String(path), 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new StoreError('STORE_REFUSED', `the file ${path} cannot be read (${code})`, {
      hint: `Name the right file as ${parameter} in state.database, one that this user may read.`,
    });
  }
}
