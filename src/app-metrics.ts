import { parseListenAddress } from './config/listen-address.ts';
import type { Config } from './config/load.ts';
import type { Metrics, MetricsDeps } from './metrics/metrics.ts';

interface MetricsOptions extends Pick<MetricsDeps, 'version' | 'clock' | 'log'> {
  config: Config;
  /** An open socket for health and metrics. Without it, `metrics.listen` is bound. */
  metricsSocket?: { fd: number } | undefined;
}

/** Returns the part that serves health and metrics, or null where they are off. Its code is loaded only where they are on. */
export async function openMetrics(
  { config, metricsSocket, ...options }: MetricsOptions,
  looks: Pick<MetricsDeps, 'store' | 'status' | 'healthCheck'>,
): Promise<Metrics | null> {
  if (!config.metrics.enable) return null;
  const { createMetrics } = await import('#metrics');
  return createMetrics({
    ...options,
    ...looks,
    listen: metricsSocket ?? parseListenAddress(config.metrics.listen),
    mode: config.mode,
    stateDir: config.state.dir,
  });
}
