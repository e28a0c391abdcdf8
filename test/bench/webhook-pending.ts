import { webhookEnv, webhookListening } from './delivery.ts';
import { startLoad } from './load.ts';
import { checked, judged, type Measurement, noted } from './measurement.ts';
import { memoryOf } from './process-sample.ts';
import { openStage } from './stage.ts';

/** Several rounds, because the load generator makes all requests of a round before it sends the first. */
const rounds = 4;
const round = { connections: 256, requests: 50_000, senders: 1_000 };

/** Many senders while the agent's gateway is away for long: pending messages must not be kept in memory. */
export const webhookPending: Measurement = {
  name: 'webhook-pending',
  about: 'memory while 256 connections bring 200,000 messages that nobody takes off (takes 1 to 2 minutes)',
  async run() {
    await using stage = openStage();
    const poller = stage.startPoller({ ...webhookEnv, KAPSO_RECEIPTS_READ: 'false' });
    const port = Number((await poller.logged(webhookListening))[1]);
    const load = startLoad(stage);
    const resident = [memoryOf(poller.pid).rss];
    let accepted = 0;
    let perSecond = 0;
    for (let i = 0; i < rounds; i += 1) {
      const result = await load.send({ ports: [port], prefix: `round-${i}-`, ...round });
      accepted += result.answers[200] ?? 0;
      perSecond += result.perSecond / rounds;
      resident.push(memoryOf(poller.pid).rss);
    }
    const sent = rounds * round.requests;
    const what = `256 connections, ${sent.toLocaleString('en')} pending`;
    return [
      checked(`${what}: answered 200`, String(accepted), String(sent), accepted === sent),
      judged(`${what}: accepted`, perSecond, { unit: '/s' }),
      judged(`${what}: most resident memory`, memoryOf(poller.pid).peak / 1e6, { atMost: 150, unit: 'MB' }),
      noted(
        `${what}: resident at the start and after each quarter`,
        `${resident.map(bytes => (bytes / 1e6).toFixed(0)).join(', ')} MB`,
      ),
    ];
  },
};
