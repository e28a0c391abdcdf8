import Registry from 'prom-client/lib/registry.js';
import type { Clock } from '../clock.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import type { ListenTarget } from '../listener/listen.ts';
import { numbersOf } from '../observe/account-status.ts';
import type { Emit } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import type { Part } from '../part.ts';
import { createCounting } from './counting.ts';
import { addBuildInfo, createInstruments } from './instruments.ts';
import { addProcessMetrics } from './process.ts';
import { type Health, readinessOf } from './readiness.ts';
import { createMetricsServer, type ServerLimits } from './server.ts';
import { shareAnswer } from './shared-answer.ts';
import { createSnapshot, type SnapshotDeps } from './snapshot.ts';

export interface MetricsDeps extends Omit<SnapshotDeps, 'health' | 'clock'> {
  listen: ListenTarget;
  version: string;
  mode: string;
  /** See `App`. */
  healthCheck: () => Promise<string | null>;
  limits?: Partial<ServerLimits>;
  clock: Clock;
  log: Log;
}

/** `start` begins to listen, and throws what `MetricsServer` throws. */
export interface Metrics extends Part {
  /** A listener of events. */
  heard: Emit;
  start(): Promise<void>;
}

/** Milliseconds for which an answer serves everybody who asks. The check of the health writes to the disk. */
const shared = { health: 5_000, metrics: 2_000 };

/** What is counted and looked at, without a server. */
/** `accounts`: what several numbers are called. */
export function createRegistry(
  build: { version: string; node: string; mode: string },
  accounts: readonly string[] = [],
) {
  const registry = new Registry();
  const instruments = createInstruments(registry, accounts);
  addBuildInfo(registry, build);
  return { registry, instruments, process: addProcessMetrics(registry) };
}

/** Health and metrics on an address of their own. */
export function createMetrics(deps: MetricsDeps): Metrics {
  const { clock, log, version, mode, status } = deps;
  const build = { version, node: process.versions.node, mode };
  const accounts = numbersOf(status()).flatMap(({ account }) => account ?? []);
  const { registry, instruments, process: ofProcess } = createRegistry(build, accounts);
  const check = (): Promise<Health> =>
    deps.healthCheck().then(
      stuck => (stuck === null ? 'ok' : 'polling'),
      () => 'store',
    );
  const health = shareAnswer(check, shared.health, clock);
  const look = createSnapshot(instruments, { ...deps, health });
  const metrics = shareAnswer(
    async () => {
      await look();
      return { body: Buffer.from(await registry.metrics()), type: registry.contentType };
    },
    shared.metrics,
    clock,
  );
  const server = createMetricsServer({
    ...deps,
    live: health,
    ready: async () => readinessOf(status(), await health()),
    metrics,
    onError: error => log.warn({ error }, 'Health or metrics could not be read'),
  });
  return {
    heard: createCounting(instruments),
    start: async () => {
      const address = formatListenAddress(await server.start());
      ofProcess.start();
      log.info({ address }, 'Health and metrics are served');
    },
    stop: async grace => {
      ofProcess.stop();
      await server.close(Math.min(grace, waitForRequests));
    },
  };
}

/** Milliseconds that a request under way may still take when the program stops. */
const waitForRequests = 1_000;
