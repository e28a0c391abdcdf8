import { expect, it } from 'vitest';
import { createStage } from '../e2e/programs.ts';
import { createSteppedClock } from '../e2e/stepped-clock.ts';
import { addressOf, domainMode, post, textDelivery } from './delivery.ts';

const day = 86_400_000;

it('a message that came while the own clock stood in 1970 is dated by WhatsApp, remembered when the clock is set, and run once', {
  timeout: 120_000,
}, async () => {
  const stage = createStage();
  await stage.startKapso();
  const gateway = await stage.startGateway();
  const clock = createSteppedClock(stage.dir, 'clock');
  clock.set(-Date.now() + 2 * day);
  const poller = stage.poller({ ...domainMode, ...clock.env, KAPSO_POLL_CATCH_UP: 'false' });
  await poller.start();
  const url = await addressOf(poller, 0);
  const deliver = async (id: string) => {
    expect(await post(url, textDelivery({ id, from: '15551234567', text: `text of ${id}` }))).toBe(200);
    const ran = async () => (await gateway.runs()).map(({ key }) => key);
    await expect.poll(ran, { timeout: 20_000 }).toContain(id);
  };

  await deliver('wamid.IN1970');
  const [entry] = await stage.inbox();
  expect(new Date(entry?.occurredAt ?? 0).getUTCFullYear()).toBe(new Date().getUTCFullYear());
  await poller.says('clock');
  await poller.says("This machine's clock differs from Kapso's by more than a day");
  await expect
    .poll(async () => (await stage.status()).problems, { timeout: 20_000 })
    .toContainEqual(expect.stringMatching(/clock .*behind/));

  clock.set(0);
  await deliver('wamid.AFTER');
  await poller.says('Looked for messages to forget');
  // The gateway remembers keys for a while, until it is started anew.
  await gateway.end('SIGKILL');
  await gateway.start();
  expect(await post(url, textDelivery({ id: 'wamid.IN1970', from: '15551234567', text: 'text of wamid.IN1970' }))).toBe(
    200,
  );
  await deliver('wamid.LAST');
  expect((await gateway.runs()).filter(({ recovery }) => !recovery).map(({ key }) => key)).toEqual([
    'wamid.IN1970',
    'wamid.AFTER',
    'wamid.LAST',
  ]);
  await expect
    .poll(async () => (await stage.status()).problems, { timeout: 20_000 })
    .not.toContainEqual(expect.stringMatching(/clock .*behind/));
});
