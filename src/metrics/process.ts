import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import heapSize from 'prom-client/lib/metrics/heapSizeAndUsed.js';
import memory from 'prom-client/lib/metrics/osMemoryHeap.js';
import maxFileDescriptors from 'prom-client/lib/metrics/processMaxFileDescriptors.js';
import openFileDescriptors from 'prom-client/lib/metrics/processOpenFileDescriptors.js';
import startTime from 'prom-client/lib/metrics/processStartTime.js';

/** Milliseconds between two looks at the event loop. Each wakes the process, and a delay of less does not matter. */
const resolution = 100;

/** What the process needs, by the names that every exporter uses. `start` begins to watch the event loop. */
export function addProcessMetrics(registry: Registry): { start(): void; stop(): void } {
  for (const add of [memory, heapSize, openFileDescriptors, maxFileDescriptors, startTime]) add(registry);
  // VmData of Linux, which is no heap: it counts what was reserved and never used.
  registry.removeSingleMetric('process_heap_bytes');
  addProcessorTime(registry);
  return addEventLoopDelay(registry);
}

/** Not prom-client's own, which loads the OpenTelemetry API. */
function addProcessorTime(registry: Registry): void {
  let counted = 0;
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      const seconds = (user + system) / 1e6;
      this.inc(seconds - counted);
      counted = seconds;
    },
  });
}

/** Each scrape shows the time since the one before. */
function addEventLoopDelay(registry: Registry): { start(): void; stop(): void } {
  const delays = monitorEventLoopDelay({ resolution });
  // It measures from one look to the next, so a delay comes on top of the time between them.
  const seconds = (nanoseconds: number) =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - resolution) / 1000 : 0;
  const gauge = (what: string, help: string, collect?: () => void) => {
    const name = `nodejs_eventloop_lag_${what}_seconds`;
    return new Gauge({ name, help, registers: [registry], ...(collect && { collect }) });
  };
  const since = 'by which the event loop was late since the scrape before.';
  const mean = gauge('mean', `Mean of the times ${since}`, () => {
    mean.set(seconds(delays.mean));
    p50.set(seconds(delays.percentile(50)));
    p99.set(seconds(delays.percentile(99)));
    max.set(seconds(delays.max));
    delays.reset();
  });
  const p50 = gauge('p50', `Median of the times ${since}`);
  const p99 = gauge('p99', `99th percentile of the times ${since}`);
  const max = gauge('max', `Longest of the times ${since}`);
  return { start: () => void delays.enable(), stop: () => void delays.disable() };
}
