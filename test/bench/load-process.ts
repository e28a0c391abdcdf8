/**
 * The load generator, a process of its own. It sends deliveries over kept connections, each when the one before it is
 * answered. It makes all requests before it sends the first. It takes one `LoadOrder` a round and answers with a
 * `LoadResult`.
 */
import { deliveryRequest } from './delivery.ts';
import { monotonic, type Spread, spread } from './measurement.ts';
import { openConnection } from './raw-connection.ts';

export interface LoadOrder {
  /** Of the pollers. Connection after connection goes to the next one. */
  ports: readonly number[];
  connections: number;
  requests: number;
  /** The beginning of every message id of this round. */
  prefix: string;
  senders: number;
}

export interface LoadResult {
  /** Milliseconds over all answers. */
  latency: Spread;
  perSecond: number;
  /** Answers by status. */
  answers: Record<string, number>;
}

async function fulfil(order: LoadOrder): Promise<LoadResult> {
  const requests = Array.from({ length: order.requests }, (_, i) =>
    deliveryRequest({ id: `${order.prefix}${i}`, from: String(15_550_100_000 + (i % order.senders)) }),
  );
  const times = new Float64Array(order.requests);
  const answers: Record<string, number> = {};
  const { ports } = order;
  const connections = await Promise.all(
    Array.from({ length: order.connections }, (_, i) => openConnection(ports[i % ports.length] ?? 0)),
  );
  let next = 0;
  const begun = monotonic();
  await Promise.all(
    connections.map(async connection => {
      for (let i = next++; i < requests.length; i = next++) {
        const request = requests[i];
        if (!request) return;
        const sent = performance.now();
        const status = await connection.request(request);
        times[i] = performance.now() - sent;
        answers[status] = (answers[status] ?? 0) + 1;
      }
    }),
  );
  const seconds = (monotonic() - begun) / 1000;
  for (const connection of connections) connection.close();
  return { latency: spread(times), perSecond: order.requests / seconds, answers };
}

process.on('message', (order: LoadOrder) => {
  void fulfil(order).then(result => process.send?.(result));
});
process.on('disconnect', () => process.exit());
