import type { AgentGateway } from '../agents/agent.ts';
import type { Clock } from '../clock.ts';
import type { Emit } from '../observe/events.ts';
import type { Part } from '../part.ts';
import { onNetwork } from '../state/directory.ts';
import type { StatusFile } from '../state/status-file.ts';
import type { Store } from '../store/store.ts';
import type { History } from './history.ts';
import type { SocketDirectory } from './place.ts';
import { createRecords } from './records.ts';
import { createLiveServer } from './server.ts';
import { createSources, type LiveSources } from './sources.ts';

/** What there is to see of the running poller, and the socket on which it is served while the part is started. */
export interface Live extends Part {
  sources: LiveSources;
}

export interface LiveOptions {
  config: { readonly state: { readonly dir: string } };
  store: Store;
  gateway: Pick<AgentGateway, 'state' | 'record'>;
  status: Pick<StatusFile, 'current'>;
  history: History;
  /** Says with which settings the poller runs, without their values. */
  settings: () => unknown;
  /** Where the socket may be. Without it, it is in the state directory. */
  socketDirectories?: readonly SocketDirectory[];
  version: string;
  /** Removes secrets from text. */
  scrub: (text: string) => string;
  clock: Clock;
  emit: Emit;
}

export function createLive(options: LiveOptions): Live {
  const { config, gateway, status, socketDirectories = [] } = options;
  const stateDir = config.state.dir;
  const sources = createSources({
    ...{ ...options, stateDir, directory: onNetwork(stateDir) },
    running: () => true,
    status: () => status.current,
    recordOf: createRecords(gateway),
  });
  return { ...createLiveServer({ ...options, sources, stateDir, directories: socketDirectories }), sources };
}
