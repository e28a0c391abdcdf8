/** Media of customers through the shipped poller: nothing of a killed download stays, and none is lost or handed over twice. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createStage, type Gateway, type Kapso, type Stage } from './programs.ts';
import { seededRandom } from './random.ts';

const megabyte = 1024 * 1024;
const within = { timeout: 60_000 };

/** What stands below `media/`, with sizes. */
function filesIn({ stateDir }: Stage): { name: string; size: number }[] {
  const dir = join(stateDir, 'media');
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter(name => name.includes('/'))
    .flatMap(name => {
      const found = statSync(join(dir, name), { throwIfNoEntry: false });
      return found ? [{ name: name.replace(/^\w+\//, ''), size: found.size }] : [];
    });
}

async function sendImages(kapso: Kapso, messages: { from: string; size: number }[]): Promise<string[]> {
  const body = {
    messages: messages.map(({ from, size }) => ({ from, media: { type: 'image', size, caption: 'look' } })),
  };
  return (await kapso.control<{ ids: string[] }>('POST', 'inbound', body)).ids;
}

async function begin(): Promise<{ stage: Stage; kapso: Kapso; gateway: Gateway }> {
  const stage = createStage();
  const [kapso, gateway] = await Promise.all([stage.startKapso(), stage.startGateway()]);
  return { stage, kapso, gateway };
}

it('a kill in the midst of a download leaves nothing: the message goes on with its image, or the rest is removed', async () => {
  const { stage, kapso, gateway } = await begin();
  const poller = await stage.startPoller();
  await kapso.control('POST', 'faults', { kind: 'download', do: 'stall', bytes: megabyte, count: 2 });
  const [kept = '', dropped = ''] = await sendImages(kapso, [
    { from: '+15550107001', size: 2 * megabyte },
    { from: '+15550107002', size: 2 * megabyte },
  ]);
  poller.signal('SIGUSR2');
  await expect.poll(() => filesIn(stage).filter(({ size }) => size > 100_000), within).toHaveLength(2);
  expect(filesIn(stage).map(({ name }) => name)).toEqual(['part', 'part']);
  await poller.end('SIGKILL');
  expect(filesIn(stage)).toHaveLength(2);
  expect((await stage.run('cli', ['inbox', 'drop', dropped])).code).toBe(0);

  await poller.start();
  await gateway.reaches('runs', 1);
  const [run] = await gateway.runs();
  expect(run).toMatchObject({ key: kept, images: [{ mimeType: 'image/jpeg', bytes: 2 * megabyte }] });
  // The rest of the other one goes with the regular work.
  await expect.poll(() => filesIn(stage).map(({ name }) => name), within).toEqual(['file.jpg']);
  expect(await gateway.runs()).toHaveLength(1);
}, 120_000);

it('forty images under kills: each is handed over once, with its image, and no rest stays', async () => {
  const { stage, kapso, gateway } = await begin();
  const random = seededRandom(14);
  let poller = await stage.startPoller();
  const count = 40;
  const ids = await sendImages(
    kapso,
    Array.from({ length: count }, (_, at) => ({ from: `+1555010800${at % 5}`, size: 200_000 + 1000 * at })),
  );
  poller.signal('SIGUSR2');
  for (let kills = 0; kills < 8; kills += 1) {
    await new Promise(resolve => setTimeout(resolve, 100 + 700 * random()));
    await poller.end('SIGKILL');
    poller = stage.poller();
    await poller.start();
  }
  await expect
    .poll(async () => (await gateway.runs()).filter(({ status }) => status === 'ok').length, within)
    .toBe(count);
  const runs = await gateway.runs();
  expect(runs.map(({ key }) => key).sort()).toEqual([...ids].sort());
  expect(runs.filter(({ images }) => images.length !== 1)).toEqual([]);
  await expect.poll(() => filesIn(stage).filter(({ name }) => name === 'part'), within).toEqual([]);
  expect(filesIn(stage)).toHaveLength(count);
});

it('a medium that is not ready holds up its own conversation only', async () => {
  const { stage, kapso, gateway } = await begin();
  const poller = await stage.startPoller();
  const media = { type: 'image', size: 1000, readyAfter: 4000, idOnly: true };
  await kapso.control('POST', 'inbound', {
    messages: [
      { from: '+15550109001', media },
      { from: '+15550109001', text: 'after the image' },
      { from: '+15550109002', text: 'of somebody else' },
    ],
  });
  poller.signal('SIGUSR2');
  await gateway.reaches('runs', 3);
  const texts = (await gateway.runs()).map(({ text }) => /> (.*)/.exec(text)?.[1]);
  expect(texts).toEqual(['of somebody else', expect.stringMatching(/^\[image/), 'after the image']);
  expect((await gateway.runs())[1]?.images).toHaveLength(1);
});
