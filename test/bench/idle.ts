import { judged, type Measurement, monotonic } from './measurement.ts';
import { activityOf, memoryOf } from './process-sample.ts';
import { openStage } from './stage.ts';

/** From the second poll to the fourth: a minute with two polls, after everything has been done once. */
const polls = { settled: 2, end: 4 };

/** A poller with nothing to do: connected to its gateway, polling every 30 seconds. */
export const idle: Measurement = {
  name: 'idle',
  about: 'an idle poller over a minute: memory, processor time, wake-ups (takes 95 s)',
  async run() {
    await using stage = openStage();
    const kapso = await stage.startKapso();
    await stage.startGateway();
    const { pid, logged } = stage.startPoller({ KAPSO_POLL_INTERVAL: '30' });
    await logged(/Connected to the gateway/);
    await kapso.reached('list', polls.settled);

    const before = activityOf(pid);
    const begun = monotonic();
    await kapso.reached('list', polls.end);
    const after = activityOf(pid);
    const seconds = (monotonic() - begun) / 1000;
    const memory = memoryOf(pid);
    return [
      judged('Idle: resident memory (VmRSS)', memory.rss / 1e6, { atMost: 70, unit: 'MB' }),
      judged('Idle: of that, without a file behind it (RssAnon)', memory.anonymous / 1e6, { unit: 'MB' }),
      judged('Idle: processor time a minute', ((after.cpu - before.cpu) / seconds) * 60, { atMost: 10, unit: 'ms' }),
      judged(
        'Idle: wake-ups a second (voluntary context switches, all threads)',
        (after.wakeUps - before.wakeUps) / seconds,
        { atMost: 1, unit: '' },
      ),
    ];
  },
};
