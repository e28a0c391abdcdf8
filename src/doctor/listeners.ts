/** Whether the poller could listen where it is to: another program may have taken a port that it does not hold yet. */
import { createServer } from 'node:net';
import { formatListenAddress, parseListenAddress } from '../config/listen-address.ts';
import type { Config } from '../config/load.ts';
import { type ListenSettings, listensAt } from '../config/running-settings.ts';
import { isOurs } from '../errors.ts';
import { type Listener, listen } from '../listener/listen.ts';
import { listeners } from '../listener/listeners.ts';
import type { Report } from './finding.ts';

export interface ListenersParts {
  config: Config;
  /** Where the poller that runs says that it listens; null when none runs. `unknown`: one runs, and does not say. */
  held: ListenSettings | 'unknown' | null;
  /** systemd listens for the poller, and hands it the sockets of the webhook and of the metrics when it starts. */
  isActivated: () => Promise<boolean>;
}

const names = ['webhook', 'metrics', 'page'] as const;

/** Whether anything of the poller listens for others. */
export function listens(config: Config): boolean {
  return Object.values(listensAt(config)).some(address => address !== null);
}

/** Binds the address of each enabled listener, unless the running poller has it, and closes it again. */
export async function checkListeners({ config, held, isActivated }: ListenersParts, report: Report): Promise<void> {
  if (held === 'unknown') return report.ok('a poller runs, and does not say where it listens');
  const wanted = listensAt(config);
  const free = names.filter(name => wanted[name] !== null && wanted[name] !== held?.[name]);
  const own = names.filter(name => wanted[name] !== null && !free.includes(name));
  if (own.length > 0) {
    report.ok(`the poller runs, and listens there itself: ${own.map(name => wanted[name]).join(', ')}`);
  }
  const handed = free.some(name => name !== 'page') && (await isActivated());
  if (handed) report.ok('systemd listens for the poller until it starts (kapso-whatsapp-poller.socket)');
  const ports = Object.values(held ?? {}).flatMap(address => (address === null ? [] : (portOf(address) ?? [])));
  for (const name of free) {
    const address = wanted[name];
    if (address === null || (handed && name !== 'page')) continue;
    const port = portOf(address);
    if (port !== null && ports.includes(port)) {
      report.ok(`${listeners[name].name} is to listen on ${address}: the poller that runs has this port itself`);
    } else await tryAddress(address, listeners[name], report);
  }
}

/** The port of an address; null of a Unix socket, and where the system chooses one. */
function portOf(address: string): number | null {
  const parsed = parseListenAddress(address);
  return 'path' in parsed || parsed.port === 0 ? null : parsed.port;
}

async function tryAddress(text: string, listener: Listener, report: Report): Promise<void> {
  const address = parseListenAddress(text);
  // To bind a Unix socket would leave something on the disk, and replace what a crash has left: the poller does both.
  if ('path' in address)
    return report.ok(`${listener.name} is to listen on ${text}: the poller makes this socket itself`);
  const server = createServer();
  try {
    await listen(server, address, listener);
    await new Promise(resolve => server.close(resolve));
    report.ok(`${listener.name} can listen on ${formatListenAddress(address)}`);
  } catch (error) {
    const todo = `Change ${listener.setting}`;
    // The service may have a privilege that this user has not.
    if (isOurs(error) && error.code === 'LISTEN_FAILED') report.warn(error.message, error.hint ?? todo);
    else report.error(error, todo);
  }
}
