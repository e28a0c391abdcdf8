import { createRegistry } from '../src/metrics/metrics.ts';
import { table } from './text.ts';

/** What is read of a metric of prom-client. */
interface Described {
  name: string;
  help: string;
  type: string;
  labelNames: readonly string[];
  hashMap: Readonly<Record<string, { labels: Readonly<Record<string, string>> }>>;
}

/** More values of a label than the table lists. */
const manyValues = 10;

/** The table of all metrics, from those that the program makes. */
export function metricsTable(): string {
  const { registry } = createRegistry({ version: '', node: '', mode: '' });
  const metrics = registry.getMetricsAsArray() as unknown as Described[];
  const rows = metrics.map(metric => [`\`${metric.name}\``, metric.type, labelsOf(metric), metric.help]);
  return table(['Metric', 'Type', 'Labels', 'What it says'], rows);
}

function labelsOf({ labelNames, hashMap }: Described): string {
  return labelNames
    .map(name => {
      const values = [...new Set(Object.values(hashMap).map(({ labels }) => labels[name] ?? ''))].filter(Boolean);
      if (values.length === 0) return `\`${name}\``;
      const listed = values.length <= manyValues ? values : [...values.slice(0, 3), '…', ...values.slice(-2)];
      return `\`${name}\`: ${listed.join(', ')}`;
    })
    .join('; ');
}
