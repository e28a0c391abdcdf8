import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { buildConnector, Dispatcher } from 'undici';
import type { HttpProxy } from '../config/proxy.ts';
import { waits } from '../waits.ts';
import { isPublicAddress } from './addresses.ts';
import { type Destination, nameOf, refused } from './destination.ts';

/** Answers all addresses of a name, as `dns.lookup` does with `all`. */
export type Resolve = (
  hostname: string,
  options: { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: readonly { address: string; family: number }[]) => void,
) => void;

export interface ConnectionOptions {
  proxy: HttpProxy | null;
  /** The default is the system's resolver. */
  resolve?: Resolve | undefined;
}

/**
 * Opens the one connection on which a destination is asked. Close it with `destroy`, which also ends what is under way.
 *
 * A name is resolved once, each of its addresses is checked, and only those are connected to: a name that answers
 * differently the next time is not asked a next time. Through a proxy, the proxy resolves the name; then only addresses
 * that stand in the URL itself were checked here.
 */
export async function openConnection(to: Destination, options: ConnectionOptions): Promise<Dispatcher> {
  const { EnvHttpProxyAgent, Pool, buildConnector } = await import('undici');
  const { isIP } = process.getBuiltinModule('node:net');
  const addresses = { port: 0, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: waits.connect.address };
  const connectDirectly = buildConnector({
    ...addresses,
    ...(to.trusted ? {} : { lookup: checkedLookup(options.resolve ?? (systemLookup as Resolve), to.url) }),
    allowH2: false,
    timeout: 0,
  });
  const connect: buildConnector.connector = (target, done) => {
    connectDirectly(withServerName(target, isIP), (...[error, socket]) => {
      if (error) return done(error, null);
      const { remoteAddress } = socket;
      if (!to.trusted && !(remoteAddress && isPublicAddress(remoteAddress))) {
        socket.destroy();
        return done(refused(`${nameOf(to.url)} was connected at an address that is not public`), null);
      }
      done(null, socket);
    });
  };
  const settings = { connect, allowH2: false, headersTimeout: 0, bodyTimeout: 0 } as const;
  const { proxy } = options;
  if (proxy === null) return new Pool(to.url.origin, { ...settings, connections: 1 });
  return new EnvHttpProxyAgent({
    ...settings,
    httpProxy: proxy.url,
    httpsProxy: proxy.url,
    noProxy: proxy.noProxy,
    proxyTunnel: true,
    connectTimeout: 0,
    proxyTls: addresses,
    clientFactory: (origin, own) => {
      const { connect: open } = own as { connect: buildConnector.connector };
      return new Pool(origin, { connect: (target, done) => open(withServerName(target, isIP), done) });
    },
  });
}

/** An address cannot be a TLS server name, and Node.js 26 refuses it. The certificate is still checked against the address. */
function withServerName(target: buildConnector.Options, isIP: (host: string) => number): buildConnector.Options {
  return isIP(target.hostname) ? { ...target, servername: '' } : target;
}

const isNotPublic = ({ address }: { address: string }) => !isPublicAddress(address);

/** A look-up that gives public addresses only, and none for a name that has any other. */
function checkedLookup(resolve: Resolve, url: URL): LookupFunction {
  return (hostname, _, done) => {
    resolve(hostname, { all: true }, (error, found) => {
      if (error) return done(error, []);
      // A resolver of an IPv6-only network adds such an address to those that the name has (DNS64, RFC 6147).
      const real = found.filter(({ address }) => !/^64:ff9b::/i.test(address));
      const wrong = real.length === 0 ? (found[0]?.address ?? 'nowhere') : real.find(isNotPublic)?.address;
      if (wrong) return done(refused(`${nameOf(url)} leads to ${wrong}, which is no public address`), []);
      done(null, [...real]);
    });
  };
}
