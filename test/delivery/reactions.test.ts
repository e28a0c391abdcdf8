import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { type ReceiptsStage, receiptsStage, runTimeout, soon } from './receipts-stage.ts';

const over = { over: true, sent: false };
const sentBefore = { over: true, sent: true };

let clock: ManualClock;
let stage: ReceiptsStage;
beforeEach(async () => {
  clock = manualClock(Date.parse('2026-11-22T12:00:00.000Z'));
  stage = await receiptsStage(clock);
  stage.settings.reaction = '👀';
});
afterEach(() => stage.close());

it('the reaction is there while the agent works, once, and is taken off when it has ended', async () => {
  const { receipts, reactions, pass } = stage;
  receipts.begun(stage.message);
  await pass(60);
  receipts.begun(stage.message);
  expect(await reactions()).toEqual(['👀']);
  receipts.ended(stage.message, over);
  expect(await reactions()).toEqual(['👀', '']);
  expect(clock.pending()).toEqual([]);
});

it('a run that ends before its reaction is set leaves none', async () => {
  const { receipts, reactions } = stage;
  receipts.begun(stage.message);
  receipts.ended(stage.message, over);
  expect(await reactions()).toEqual(['👀', '']);
});

it('a turn that begins anew while the reaction is taken off has one again', async () => {
  const { receipts, reactions, quiet } = stage;
  receipts.begun(stage.message);
  await quiet();
  receipts.ended(stage.message, over);
  receipts.begun(stage.message);
  expect(await reactions()).toEqual(['👀', '', '👀']);
  await receipts.stop(0);
});

it('a reaction of an earlier process is taken off at the end of its message, and of no other', async () => {
  const { receipts, reactions, start } = stage;
  receipts.begun(stage.message);
  expect(await reactions()).toEqual(['👀']);
  const next = start();
  next.ended(stage.message, over);
  expect(await reactions()).toEqual(['👀']);
  next.ended(stage.message, sentBefore);
  expect(await reactions()).toEqual(['👀', '']);
  await receipts.stop(0);
});

it('one that was switched off is still taken off', async () => {
  const { receipts, reactions, settings, quiet } = stage;
  receipts.begun(stage.message);
  await quiet();
  settings.reaction = 'none';
  receipts.ended(stage.message, over);
  expect(await reactions()).toEqual(['👀', '']);
  receipts.begun(stage.message);
  receipts.ended(stage.message, sentBefore);
  expect(await reactions()).toEqual(['👀', '']);
});

it('it ends with the time of a run, if nobody says that the run has', async () => {
  const { receipts, reactions, pass } = stage;
  receipts.begun(stage.message);
  for (let passed = 0; passed < runTimeout / 1000; passed += 20) await pass(20);
  expect(await reactions()).toEqual(['👀', '']);
});

it.each([
  ['in a group', { groupId: 'g' }],
  ['to a reaction', { notice: 'reaction' }],
] as const)('there is none %s', async (_, change) => {
  const { receipts, reactions } = stage;
  receipts.begun({ ...stage.message, ...change });
  receipts.ended({ ...stage.message, ...change }, sentBefore);
  expect(await reactions()).toEqual([]);
});

it('it is set only once, but taken off with some tries', async () => {
  const { receipts, reactions, control, pass, quiet } = stage;
  await control.sim('POST', 'faults', { kind: 'react', status: 500 });
  receipts.begun(stage.message);
  await pass(19);
  expect(await reactions()).toEqual([]);
  // Kapso may have taken it in spite of its answer.
  await control.sim('POST', 'faults', { kind: 'react', status: 500, count: 2 });
  receipts.ended(stage.message, over);
  await quiet();
  await pass(5);
  expect(await reactions()).toEqual([]);
  await pass(10);
  expect(await reactions()).toEqual(['']);
  expect(clock.pending()).toEqual([]);
});

it('the tries have an end', async () => {
  const { receipts, control, pass, quiet, asked } = stage;
  await control.sim('POST', 'faults', { kind: 'react', status: 500, count: 100 });
  receipts.ended(stage.message, sentBefore);
  await quiet();
  for (let passed = 0; passed < 600; passed += 5) await pass(5);
  expect(asked).toHaveLength(6);
  expect(clock.pending()).toEqual([]);
});

it('what Kapso will not take is not asked for again', async () => {
  const { receipts, reactions, control, asked, quiet } = stage;
  stage.settings.read = false;
  await control.sim('POST', 'faults', { kind: 'react', status: 403 });
  receipts.begun(stage.message);
  await quiet();
  receipts.ended(stage.message, over);
  expect(await reactions()).toEqual([]);
  expect(asked).toHaveLength(1);
});

it('near the limit none is set, and taking one off waits', async () => {
  const { receipts, reactions, control, client, pass, quiet } = stage;
  receipts.begun(stage.message);
  await quiet();
  await control.sim('POST', 'config', { rateLimit: 100 });
  for (let other = 0; other < 85; other += 1) await control.list();
  await client.listMessages({ since: clock.now(), direction: 'inbound' });
  receipts.ended(stage.message, over);
  await pass(50);
  expect(await reactions()).toEqual(['👀']);
  await pass(40);
  expect(await reactions()).toEqual(['👀', '']);
});

it('a stop leaves the reaction of a run under way, for the next start', async () => {
  const { receipts, reactions, quiet } = stage;
  receipts.begun(stage.message);
  await quiet();
  await receipts.stop(60_000);
  expect(await reactions()).toEqual(['👀']);
});

it('a stop waits for one that is being taken off, at most for its time', async () => {
  const { receipts, control, asked } = stage;
  await control.sim('POST', 'faults', { kind: 'react', do: 'hang' });
  receipts.ended(stage.message, sentBefore);
  let answered = false;
  void Promise.allSettled(asked).then(() => {
    answered = true;
  });
  let stopped = false;
  const stop = receipts.stop(1000).then(() => {
    stopped = true;
  });
  clock.advance(999);
  await soon();
  expect(stopped).toBe(false);
  clock.advance(1);
  await stop;
  expect({ requests: asked.length, answered }).toEqual({ requests: 1, answered: false });
  expect(clock.pending()).toEqual([]);
});

it('a stop ends the tries', async () => {
  const { receipts, control, quiet } = stage;
  await control.sim('POST', 'faults', { kind: 'react', status: 500 });
  receipts.ended(stage.message, sentBefore);
  await quiet();
  expect(clock.pending()).toHaveLength(1);
  await receipts.stop(60_000);
  expect(clock.pending()).toEqual([]);
});
