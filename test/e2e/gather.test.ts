import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createStage } from './programs.ts';
import { seededRandom } from './random.ts';

const bursts = 100;
const conversations = 10;
const idOf = (burst: number, n: number) => `wamid.gather${String(burst).padStart(4, '0')}.${n}`;
const phoneOf = (burst: number) => `+1555000${1000 + (burst % conversations)}`;

it(`${bursts} bursts of three texts survive SIGKILLs of the poller: each text in one run that ended, in order`, {
  timeout: 180_000,
}, async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway(['--state', `${stage.dir}/gateway`, '--agent-delay', '100']);
  const poller = await stage.startPoller({ KAPSO_DELIVERY_GATHER: '1' });
  await kapso.reaches('list', 1);
  const random = seededRandom(7);
  for (let burst = 0; burst < bursts; burst += 1) {
    await kapso.receive([0, 1, 2].map(n => ({ id: idOf(burst, n), from: phoneOf(burst), text: `text ${burst}.${n}` })));
    if (burst % 10 === 9) {
      poller.signal('SIGUSR2');
      await pause(random() * 1500);
      await poller.end('SIGKILL');
      await poller.start();
    }
  }
  poller.signal('SIGUSR2');
  await stage.holds('settled', 3 * bursts, 120_000);
  const runs = (await gateway.runs()).filter(({ status, recovery }) => status === 'ok' && !recovery);
  const said = runs.flatMap(({ text }) => [...text.matchAll(/^> text (\d+\.\d)$/gm)].map(([, words]) => words));
  const all = Array.from({ length: bursts }, (_, burst) => [0, 1, 2].map(n => `${burst}.${n}`)).flat();
  expect(said.toSorted()).toEqual(all.toSorted());
  for (const [session, ofSession] of Map.groupBy(runs, run => run.session)) {
    const order = ofSession.flatMap(({ text }) =>
      [...text.matchAll(/^> text ([\d.]+)$/gm)].map(([, words]) => Number(words)),
    );
    expect(order, session).toEqual(order.toSorted((a, b) => a - b));
  }
  expect(runs.length).toBeLessThan(1.5 * bursts);
});
