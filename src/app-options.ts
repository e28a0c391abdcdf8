import type { StatusOptions } from './app-status.ts';
import type { AccountConfig, ConfiguredAccount } from './config/load.ts';
import type { HttpProxy } from './config/proxy.ts';
import type { Settings, SettingsChange } from './config/settings-change.ts';
import type { SocketDirectory } from './live/place.ts';
import type { Secrets } from './observe/scrub.ts';
import type { DisplacedError } from './state/place.ts';

export interface AppOptions extends Omit<StatusOptions, 'names'> {
  /** Each number with all that holds for it: at least one. */
  accounts: readonly ConfiguredAccount<AccountConfig>[];
  /** Where the values for all come from; see `LoadedConfig`. */
  origins?: Readonly<Record<string, string>>;
  /** The proxy to Kapso; null for a direct connection. */
  proxy: HttpProxy | null;
  /** Returns the proxy to another service; null for a direct connection. */
  proxyTo: (origin: string) => HttpProxy | null;
  /** The file of the configuration, where there is one. */
  configFile?: string | null;
  /** All that are known. The parts add those that they get or make. */
  secrets: Secrets;
  /** 0 ≤ x < 1. */
  random: () => number;
  /** An open socket for the webhook. Without it, `webhook.listen` is bound. */
  webhookSocket?: { fd: number } | undefined;
  /** Where the socket for the commands that watch may be. Without it, it is in the state directory. */
  socketDirectories?: readonly SocketDirectory[];
  /** An open socket for health and metrics. Without it, `metrics.listen` is bound. */
  metricsSocket?: { fd: number } | undefined;
  /** Called when the state directory was moved or replaced and only a new start can help. */
  onDisplaced?: (error: DisplacedError) => void;
}

export interface App {
  /** Resolves when the program's own parts work, whether or not Kapso and the gateway can be reached. */
  start(): Promise<void>;
  /** Receives and hands over messages until it is stopped. Rejects only on a defect. */
  run(): Promise<void>;
  /** Replaces both; see `pollOnce`. */
  once(): Promise<unknown>;
  pollNow(): void;
  /** The present configuration, with the changes since the start. */
  settings(): Settings;
  /** Applies the settings that can change while it runs. Returns which did, and which need a restart. */
  reconfigure(next: Settings): SettingsChange;
  /**
   * Resolves with what only a restart would heal, as a sentence, or with null. Rejects when the inbox cannot be
   * written. An unreachable Kapso or gateway is not a failure.
   */
  healthCheck(): Promise<string | null>;
  /** Whether anything is under way or waits for another attempt, and when something last happened. */
  activity(): { busy: boolean; at: number };
  /**
   * Takes nothing new. Work under way has `shutdown.timeout` to end. Resolves to the number of messages that are left
   * in the store; null where it cannot be read.
   */
  stop(): Promise<number | null>;
}
