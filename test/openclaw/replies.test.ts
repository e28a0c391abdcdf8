/** What customers of a real OpenClaw get when a run goes wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSteppedClock } from '../e2e/stepped-clock.ts';
import { type Bridge, type Poller, startBridge } from './bridge-fixture.ts';

const sorry = 'Sorry, something went wrong here. A colleague will write to you.';
const directory = mkdtempSync(join(tmpdir(), 'openclaw-replies-'));
const clock = createSteppedClock(directory, 'poller-clock');
const settings = {
  ...{ KAPSO_REPLY_ON_FAILURE: sorry, KAPSO_DELIVERY_MIN_ATTEMPTS: '1', KAPSO_DELIVERY_GIVE_UP_AFTER: '1' },
  ...clock.env,
};
const within = { timeout: 120_000 };

let bridge: Bridge;
let poller: Poller;

beforeAll(async () => {
  bridge = await startBridge();
  poller = await bridge.startPoller(settings);
});
afterAll(async () => {
  await bridge?.close();
  rmSync(directory, { recursive: true });
});

it('the sentence after a failed run reaches the customer once, and no text of the gateway does', async () => {
  const ada = '+15550105001';
  const [id] = await bridge.write(ada, 'a question [[http 400]]');
  poller.pollNow();
  await poller.logged(({ msg, message }) => msg === 'Attempt failed' && message === id);
  expect(bridge.answers(ada)).toEqual([]);
  // Two hours later it is given up.
  await poller.end('SIGKILL');
  clock.set(2 * 3_600_000);
  poller = await bridge.startPoller(settings);
  await expect.poll(() => bridge.answers(ada), within).toEqual([sorry]);
  const row = (await bridge.inbox()).find(one => one.id === id);
  expect(row).toMatchObject({ state: 'failed', reason: expect.stringContaining('ended with an error') });
  // Neither a restart nor a further message brings it again.
  await poller.end('SIGKILL');
  poller = await bridge.startPoller(settings);
  const next = await bridge.write(ada, 'another [[say The answer.]]');
  poller.pollNow();
  await poller.handled(next);
  await expect.poll(() => bridge.answers(ada), within).toEqual([sorry, 'The answer.']);
});

it('a run whose text is relayed gives one answer when the gateway is killed in its midst', async () => {
  const [ada, bob] = ['+15550105002', '+15550105003'];
  const { openclaw } = bridge;
  const ids = [
    ...(await bridge.write(ada, 'thinking [[hold relayed]] [[say The **long** answer.]]', 'waiting [[say The next.]]')),
    ...(await bridge.write(bob, 'working [[exec true]] [[thenhold worked]] [[then Done.]]')),
  ];
  poller.pollNow();
  await Promise.all([openclaw.model.held('relayed'), openclaw.model.held('worked')]);
  await openclaw.kill();
  openclaw.model.release('relayed');
  openclaw.model.release('worked');
  await openclaw.start();
  await poller.handled(ids);
  await expect.poll(() => bridge.answers(ada).length, within).toBe(2);
  await expect.poll(() => bridge.answers(bob).length, within).toBe(1);
  expect(bridge.answers(ada)).toEqual(['The *long* answer.', 'The next.']);
  expect(bridge.answers(bob)).toEqual(['Done.']);
  const outcomes = (await bridge.inbox()).filter(row => ids.includes(row.id)).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(['answered', 'answered', 'answered']);
});
