import type { AgentGateway } from './agents/agent.ts';
import type { Clock } from './clock.ts';
import type { AccountConfig } from './config/load.ts';
import type { HttpProxy } from './config/proxy.ts';
import type { Instances } from './instances/instances.ts';
import type { WebhookListener } from './intake/webhook/webhook-listener.ts';
import type { Transport } from './kapso/http/transport.ts';
import type { ShareFiles } from './media/files.ts';
import type { Emit } from './observe/events.ts';
import type { Log } from './observe/log.ts';
import type { Secrets } from './observe/scrub.ts';
import type { Mute } from './store/commands.ts';
import type { Store } from './store/store.ts';
import type { WhenThere } from './when-there.ts';

export interface AccountOptions {
  config: AccountConfig;
  /** Every number of the process: their phone number ids. */
  configured: readonly string[];
  /** What people call the number, where it is one of several; null where it is the only one. */
  label: string | null;
  /** In whose name its files in the state directory are; null for the plain names. */
  owner: string | null;
  /** The present configuration, with the changes since the start. The function is called each time. */
  settings: () => AccountConfig;
  /** Where webhooks come in. Null where the mode has none. */
  listener: WebhookListener | null;
  transport: Transport;
  /** The proxy to Kapso; null for a direct connection. */
  proxy: HttpProxy | null;
  /** Returns the proxy to another service; null for a direct connection. */
  proxyTo: (origin: string) => HttpProxy | null;
  /** The file of the configuration, where there is one: an agent may not send it. */
  configFile?: string | null;
  /** The keepers of the directories of received media and of copies to send, of which all numbers have the same. */
  shareReceived: ShareFiles;
  shareOutgoing: ShareFiles;
  store: Store;
  /** For what must be done before the number can start. */
  whenThere: WhenThere;
  /** What this process has claimed of the store; null where it has the store alone. */
  instances: Instances | null;
  gateway: AgentGateway;
  emit: Emit;
  /** All that are known. The parts add those that they get or make. */
  secrets: Secrets;
  /** Removes secrets from others' text. */
  scrub: (text: string) => string;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  /** Returns what an operator reads who asks how things are. */
  report: (mutes: readonly Mute[]) => Promise<string>;
}
