import type { AgentGateway } from './agents/agent.ts';
import type { Clock } from './clock.ts';
import type { AccountConfig } from './config/load.ts';
import type { HttpProxy } from './config/proxy.ts';
import type { Transport } from './kapso/http/transport.ts';
import type { Emit } from './observe/events.ts';
import type { Log } from './observe/log.ts';
import type { Mute } from './store/commands.ts';
import type { Store } from './store/store.ts';

export interface AccountOptions {
  config: AccountConfig;
  /** The present configuration, with the changes since the start. The function is called each time. */
  settings: () => AccountConfig;
  /** An open socket for the webhook. Without it, `webhook.listen` is bound. */
  webhookSocket?: { fd: number } | undefined;
  transport: Transport;
  /** The proxy to Kapso; null for a direct connection. */
  proxy: HttpProxy | null;
  /** Returns the proxy to another service; null for a direct connection. */
  proxyTo: (origin: string) => HttpProxy | null;
  /** The file of the configuration, where there is one: an agent may not send it. */
  configFile?: string | null;
  store: Store;
  gateway: AgentGateway;
  emit: Emit;
  /** Removes secrets from others' text. */
  scrub: (text: string) => string;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  /** Returns what an operator reads who asks how things are. */
  report: (mutes: readonly Mute[]) => Promise<string>;
}
