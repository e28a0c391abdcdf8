import { setTimeout as pause } from 'node:timers/promises';
import { checked, judged, type Measurement, monotonic, spread } from './measurement.ts';
import { startMinimalGateway } from './minimal-gateway.ts';
import { cliProgram, openStage } from './stage.ts';

const toGateway = 200;
const roundTrips = 30;

/**
 * A message waits at Kapso when the poller is told to poll (SIGUSR2): the time until the agent has it, and until it has
 * answered.
 */
export const messageWay: Measurement = {
  name: 'message-way',
  about: 'from a poll to the gateway, and to the answer at Kapso through the real command line',
  run: async () => [...(await pollToGateway()), ...(await pollToAnswer())],
};

async function pollToGateway() {
  await using stage = openStage();
  const kapso = await stage.startKapso();
  let arrived: (at: number) => void = () => {};
  const gateway = await startMinimalGateway((_, at) => arrived(at));
  stage.env.OPENCLAW_GATEWAY_URL = gateway.url;
  const poller = stage.startPoller();
  await poller.logged(/Connected to the gateway/);
  await kapso.reached('list', 1);

  const times: number[] = [];
  for (let i = 0; i < toGateway; i += 1) {
    await kapso.control('POST', 'inbound', { text: `message ${i}`, from: `+1555${String(1e6 + i)}` });
    const frame = new Promise<number>(resolve => {
      arrived = resolve;
    });
    const begun = monotonic();
    process.kill(poller.pid, 'SIGUSR2');
    times.push((await frame) - begun);
    // The pass ends before its messages are forwarded. Only a poller that waits can be told to poll.
    await pause(20);
  }
  const doubled = [...gateway.runs.values()].filter(count => count > 1).length;
  await poller.stop();
  await gateway.close();
  const { p50, p99 } = spread(times);
  return [
    judged('Poll to `agent` frame, with fsync, p50', p50, { unit: 'ms' }),
    judged('Poll to `agent` frame, with fsync, p99', p99, { unit: 'ms' }),
    checked(
      'Poll to `agent` frame: handed over',
      `${gateway.runs.size}, ${doubled} twice`,
      `${toGateway}, 0 twice`,
      gateway.runs.size === toGateway && doubled === 0,
    ),
  ];
}

async function pollToAnswer() {
  await using stage = openStage();
  const kapso = await stage.startKapso();
  await stage.startGateway('--reply', 'cli', '--cli', cliProgram);
  const poller = stage.startPoller();
  await poller.logged(/Connected to the gateway/);
  await kapso.reached('list', 1);

  const times: number[] = [];
  for (let i = 1; i <= roundTrips; i += 1) {
    await kapso.control('POST', 'inbound', { text: `message ${i}` });
    const begun = monotonic();
    process.kill(poller.pid, 'SIGUSR2');
    await kapso.reached('sent', i);
    times.push(monotonic() - begun);
    await pause(20);
  }
  const { p50, p99 } = spread(times);
  return [
    judged('Poll to answer at Kapso, the CLI being started by the agent, p50', p50, { unit: 'ms' }),
    judged('Poll to answer at Kapso, the CLI being started by the agent, p99', p99, { unit: 'ms' }),
  ];
}
