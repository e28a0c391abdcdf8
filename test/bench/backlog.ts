import { mkdirSync, writeFileSync } from 'node:fs';
import { startGatewayProcess } from './gateway-process-client.ts';
import { checked, judged, type Measurement, monotonic, noted, type Reading } from './measurement.ts';
import { memoryOf } from './process-sample.ts';
import { openStage } from './stage.ts';

const pageSize = 100;
const senders = 500;

/** Messages that came while the poller was away: all in one second, newest first, from 500 senders. */
export const backlog: Measurement = {
  name: 'backlog',
  about:
    'a backlog of 5,000 and of 50,000 messages: time, requests, memory, nothing lost or doubled (takes 1 to 3 minutes)',
  run: async () => [...(await workOff(5_000)), ...(await workOff(50_000))],
};

async function workOff(count: number): Promise<Reading[]> {
  await using stage = openStage();
  const kapso = await stage.startKapso();
  const gateway = await startGatewayProcess(stage);
  const stateDir = `${stage.dir}/state`;
  mkdirSync(stateDir, { mode: 0o700 });
  writeFileSync(`${stateDir}/last-poll`, `${new Date(Date.now() - 60_000).toISOString()}\n`);
  await kapso.control('POST', 'inbound', { text: 'message {n}', from: '+15550100000', count, senders });

  const begun = monotonic();
  const { pid } = stage.startPoller({ KAPSO_POLL_INTERVAL: '600' });
  const first = await gateway.firstRun;
  const { at, different, handed } = await gateway.reached(count);
  const { peak } = memoryOf(pid);
  const { counts } = (await kapso.control('GET', 'state')) as { counts: Record<string, number> };
  const requests = counts.list ?? 0;
  const expected = 1 + Math.ceil(count / pageSize);

  const what = `Backlog of ${count.toLocaleString('en')}`;
  const seconds = (at - first) / 1000;
  return [
    noted(`${what}: from the start until all is on disk`, `${((first - begun) / 1000).toFixed(1)} s`),
    noted(`${what}: handed to the agent, 8 at a time`, `${seconds.toFixed(1)} s, ${Math.round(count / seconds)}/s`),
    checked(
      `${what}: lost, twice`,
      `${count - different}, ${handed - different}`,
      '0, 0',
      different === count && handed === different,
    ),
    judged(`${what}: requests`, requests, { atMost: expected, unit: '' }),
    judged(`${what}: most resident memory`, peak / 1e6, { unit: 'MB' }),
  ];
}
