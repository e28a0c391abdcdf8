import { isLoopback } from '../loopback.ts';
import type { Problem } from './errors.ts';

/** The proxy through which Kapso is reached. */
export interface HttpProxy {
  /** With user and password, where it has them. It is never shown. */
  url: string;
  /** The part that may be shown, e.g. `proxy.example.com:3128 (HTTPS_PROXY)`. */
  name: string;
  /** Hosts that are reached without the proxy, as in `NO_PROXY`. */
  noProxy: string;
}

export interface ProxyReading {
  proxy: HttpProxy | null;
  problems: Problem[];
  warnings: string[];
}

/** The first variable that is set counts. The order is undici's: lower case before upper case, https before http. */
const variables = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'] as const;

/**
 * Reads the usual proxy variables. A Kapso on this machine, which is the simulator, has no proxy.
 *
 * @param baseUrl the origin of Kapso's API
 */
export function readProxy(env: NodeJS.ProcessEnv, baseUrl: string): ProxyReading {
  const reading: ProxyReading = { proxy: null, problems: [], warnings: [] };
  if (isLoopback(URL.parse(baseUrl)?.hostname ?? '')) return reading;
  const variable = variables.find(name => env[name]);
  if (variable === undefined) {
    const other = ['all_proxy', 'ALL_PROXY'].find(name => env[name]);
    if (other) reading.warnings.push(`the environment variable ${other} is not used; for a proxy set HTTPS_PROXY`);
    return reading;
  }
  const url = parse(String(env[variable]));
  const wrong = wrongProxy(url);
  if (url === null || wrong !== null) {
    const message = `${wrong}; it must be the address of an HTTP proxy, e.g. http://proxy.example.com:3128`;
    reading.problems.push({ key: '', variable, message });
    return reading;
  }
  reading.proxy = {
    url: url.href,
    name: `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)} (${variable})`,
    noProxy: env.no_proxy || env.NO_PROXY || '',
  };
  return reading;
}

/** Returns the passwords in the proxy variables, alone and as a proxy is sent them: `user:password`. */
export function proxyPasswords(env: NodeJS.ProcessEnv): string[] {
  return variables.flatMap(name => {
    const url = parse(env[name] ?? '');
    if (!url?.password) return [];
    // What cannot be decoded is refused as a proxy, and is a password all the same.
    if (wrongProxy(url) !== null) return [url.password];
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return [url.password, password, `${user}:${password}`];
  });
}

/** A proxy without a scheme is an http:// one, as in curl. */
function parse(variable: string): URL | null {
  const written = variable.trim();
  return URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`);
}

/** The message does not repeat the value: it may hold a password. */
function wrongProxy(url: URL | null): string | null {
  if (url === null || url.hostname === '') return 'is no address';
  if (url.protocol.startsWith('socks')) return 'names a SOCKS proxy, which is not supported';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'begins with neither http:// nor https://';
  try {
    decodeURIComponent(url.username + url.password);
    return null;
  } catch {
    return 'has a % in its user or password that must be written as %25';
  }
}
