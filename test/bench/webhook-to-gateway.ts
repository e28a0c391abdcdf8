import { deliveryRequest, webhookEnv, webhookListening } from './delivery.ts';
import { checked, judged, type Measurement, monotonic, spread } from './measurement.ts';
import { startMinimalGateway } from './minimal-gateway.ts';
import { openConnection } from './raw-connection.ts';
import { openStage } from './stage.ts';

const warmUp = 200;
const measured = 1_000;

/**
 * One delivery after the other: from the first byte of the POST to the `agent` frame at the gateway, with two fsyncs in
 * between.
 */
export const webhookToGateway: Measurement = {
  name: 'webhook-to-gateway',
  about: 'from a POST to its frame at the gateway, one after the other',
  async run() {
    await using stage = openStage();
    // For the read marks, which are on by default.
    await stage.startKapso();
    const arrivals = new Map<string, (at: number) => void>();
    const gateway = await startMinimalGateway((key, at) => arrivals.get(key)?.(at));
    stage.env.OPENCLAW_GATEWAY_URL = gateway.url;
    const poller = stage.startPoller(webhookEnv);
    const port = Number((await poller.logged(webhookListening))[1]);
    await poller.logged(/Connected to the gateway/);

    const connection = await openConnection(port);
    const frames: number[] = [];
    const answers: number[] = [];
    let refused = 0;
    for (let i = -warmUp; i < measured; i += 1) {
      const id = `wamid.bench${i}`;
      const request = deliveryRequest({ id, from: String(15_550_100_000 + ((i + warmUp) % 50)) });
      const frame = new Promise<number>(resolve => arrivals.set(id, resolve));
      const begun = monotonic();
      const status = connection.request(request).then(code => {
        if (code !== 200) refused += 1;
        if (i >= 0) answers.push(monotonic() - begun);
      });
      const at = await frame;
      await status;
      arrivals.delete(id);
      if (i >= 0) frames.push(at - begun);
    }
    connection.close();
    const doubled = [...gateway.runs.values()].filter(count => count > 1).length;
    await poller.stop();
    await gateway.close();

    const frame = spread(frames);
    const answer = spread(answers);
    return [
      judged('POST to gateway frame, p50', frame.p50, { atMost: 2, unit: 'ms' }),
      judged('POST to gateway frame, p99', frame.p99, { atMost: 10, unit: 'ms' }),
      judged('POST to its answer, while the message is handed on, p99', answer.p99, { unit: 'ms' }),
      checked('POST to gateway frame: refused, twice', `${refused}, ${doubled}`, '0, 0', refused + doubled === 0),
    ];
  },
};
