/** The minimal gateway as a process of its own. It takes `{ until: N }` and sends `GatewaySaid`. */
import { monotonic } from './measurement.ts';
import { startMinimalGateway } from './minimal-gateway.ts';

export type GatewaySaid =
  | { said: 'listening'; url: string }
  | { said: 'first-run'; at: number }
  /** `different` runs have been handed over; `handed` counts repetitions too. */
  | { said: 'reached'; at: number; different: number; handed: number };

const say = (message: GatewaySaid) => process.send?.(message);
let handed = 0;
let until = Number.POSITIVE_INFINITY;

const gateway = await startMinimalGateway((_, at) => {
  if (handed === 0) say({ said: 'first-run', at });
  handed += 1;
  report(at);
});

function report(at: number): void {
  const different = gateway.runs.size;
  if (different < until) return;
  until = Number.POSITIVE_INFINITY;
  say({ said: 'reached', at, different, handed });
}

process.on('message', (message: { until: number }) => {
  until = message.until;
  report(monotonic());
});
process.on('disconnect', () => process.exit());
say({ said: 'listening', url: gateway.url });
