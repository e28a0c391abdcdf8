import { expect, test } from 'vitest';
import { writeBody } from '../../src/domain/stored-body.ts';
import { createSources } from '../../src/live/sources.ts';
import type { Known } from '../../src/problems/assess.ts';
import type { NewOutgoing } from '../../src/store/outbox.ts';
import type { Trace } from '../../src/views/trace.ts';
import { at, type LiveStage, startLive } from '../live/stage.ts';
import { account, entry } from '../store/fixtures.ts';

const number = '15550104477';
const lane = `${account}/${number}`;

function reply(message: string, part: number, parts: number, run = 1): NewOutgoing {
  return {
    ...{ id: `${message}#${run}/${part}`, message, answer: `${message}#${run}`, account, lane, recipient: number },
    ...{
      via: 'relay',
      part,
      parts,
      body: JSON.stringify({ v: 1, kind: 'text', text: 'our secret words' }),
      sendBefore: null,
    },
  };
}

async function traced(stage: LiveStage, id: string, full = false): Promise<Trace> {
  const found = await stage.live.sources.trace(id, { full });
  if (found.kind !== 'found') throw new Error(`${id} is ${found.kind}`);
  return found.trace;
}

/** The same by the store alone, as without a running poller. */
async function kept({ store, clock, stateDir }: LiveStage, id: string): Promise<Trace> {
  const sources = createSources({
    ...{ store, clock, stateDir, directory: null, running: () => false, status: () => null },
  });
  const found = await sources.trace(id, { full: false });
  if (found.kind !== 'found') throw new Error(`${id} is ${found.kind}`);
  return found.trace;
}

const lines = ({ steps }: Trace) => steps.map(step => `${(Date.parse(step.at) - at) / 1000} ${step.text}`);

test('the life of a message: two runs, an answer in parts, what WhatsApp says of each', async () => {
  const stage = await startLive({
    record: async (_session, run) => ({
      kind: 'answered',
      reply: `words of ${run}`,
      calls: [{ name: 'exec', command: null, output: null, failed: null, exitCode: null, refused: false }],
    }),
  });
  const { store, clock, emit } = stage;
  const id = 'wamid.HBgLMTU1NTAxMDQ0NzcVAgASGBQzQUYyQTdDMkI1RDY4AA==';
  const second = (count = 1) => clock.advance(1000 * count);
  const message = {
    id,
    sender: { phone: number, userId: null, username: null, name: 'Ada' },
    text: 'words of a customer',
    type: 'text',
    timestamp: at - 2000,
  } as never;
  await store.accept([
    entry(id, {
      lane,
      contact: number,
      session: `agent:main:kapso:direct:+${number}`,
      occurredAt: at - 2000,
      body: writeBody(message),
      by: 'webhook',
    }),
  ]);
  emit({ type: 'messages accepted', count: 1, messages: [id], by: 'webhook' });
  second();
  const reason = `the model of +${number} is overloaded`;
  await store.begin(id, { runKey: id, runNumber: 1 });
  emit({ type: 'run began', message: id, run: id });
  emit({ type: 'run ended', message: id, run: id, end: 'error', took: 400, reason });
  await store.defer(id, { until: clock.now() + 30_000, reason, counted: true, resend: true });
  emit({ type: 'message deferred', message: id, reason, attempts: 1, until: clock.now() + 30_000 });
  expect((await traced(stage, id)).next).toEqual({
    at: new Date(at + 31_000).toISOString(),
    text: 'the model of +1555…77 is overloaded',
  });
  second(30);
  await store.begin(id, { runKey: `${id}#2`, runNumber: 2 });
  emit({ type: 'run began', message: id, run: `${id}#2` });
  second();
  emit({ type: 'run ended', message: id, run: `${id}#2`, end: 'ended', took: 1000, reason: null });
  await store.settle(id, 'answering', { outgoing: [reply(id, 1, 2), reply(id, 2, 2)] });
  emit({ type: 'message settled', message: id, outcome: 'answering', note: null });
  const [first, other] = [`${id}#1/1`, `${id}#1/2`];
  second();
  await store.outbox.begin(first, { mark: 'm1', recipient: number, body: '{}' });
  await store.outbox.sent(first, 'wamid.SENTsentSENT1');
  emit({
    type: 'reply sent',
    message: id,
    reply: first,
    sentId: 'wamid.SENTsentSENT1',
    part: 1,
    parts: 2,
    via: 'relay',
  });
  emit({ type: 'reply put off', message: id, reply: other, reason: 'a limit (130429)', operator: false, pause: 5000 });
  await store.outbox.defer(other, {
    until: clock.now() + 5000,
    reason: 'a limit (130429)',
    counted: false,
    resend: true,
  });
  expect((await traced(stage, id)).next).toEqual({
    at: new Date(at + 38_000).toISOString(),
    text: 'part 2 of 2 of the answer waits: a limit (130429)',
  });
  second(5);
  await store.outbox.begin(other, { mark: 'm2', recipient: number, body: '{}' });
  await store.outbox.sent(other, 'wamid.SENTsentSENT2');
  emit({
    type: 'reply sent',
    message: id,
    reply: other,
    sentId: 'wamid.SENTsentSENT2',
    part: 2,
    parts: 2,
    via: 'relay',
  });
  for (const [status, seconds] of [
    ['delivered', 39],
    ['read', 41],
  ] as const) {
    const report = {
      sentId: 'wamid.SENTsentSENT1',
      mark: null,
      status,
      at: at + 1000 * seconds,
      code: null,
      reason: null,
    };
    await store.outbox.report(report);
    emit({ type: 'reply status', message: id, reply: first, sentId: report.sentId, status, at: report.at });
  }
  second(10);
  const failure = { sentId: 'wamid.SENTsentSENT2', mark: null, code: 131026, reason: 'Message undeliverable' };
  await store.outbox.report({ ...failure, status: 'failed', at: at + 44_000 });
  emit({
    ...{ type: 'send failed', message: failure.sentId, code: 131026, to: '+1555…77', explanation: failure.reason },
    outgoing: { id: other, answers: id },
  });

  const remembered = await traced(stage, id);
  expect(lines(remembered)).toEqual([
    '-2 written, by WhatsApp’s clock',
    '0 received by a webhook, and kept',
    '1 the gateway has taken its run',
    '1 its run has failed after 0.4 s: the model of +1555…77 is overloaded',
    `1 attempt 1 failed: the model of +1555…77 is overloaded; the next one is at ${new Date(at + 31_000).toISOString()}`,
    '31 the gateway has taken its run',
    '32 its run has ended after 1.0 s',
    '32 part 1 of 2 of the answer is in the outbox (relay)',
    '32 part 2 of 2 of the answer is in the outbox (relay)',
    '32 settled: answering',
    '33 part 1 of 2 of the answer was handed to Kapso',
    '33 part 1 of 2 of the answer was taken by Kapso',
    '33 the answer waits for 5 s: a limit (130429)',
    '38 part 2 of 2 of the answer was handed to Kapso',
    '38 part 2 of 2 of the answer was taken by Kapso',
    '39 the answer was delivered, by WhatsApp',
    '41 the answer was read, by WhatsApp',
    '48 WhatsApp could not deliver the answer: Message undeliverable (131026)',
  ]);
  expect(remembered).toMatchObject({
    message: { state: 'settled', outcome: 'failed', from: '+1555…77' },
    record: { found: 'the run has answered', tools: ['exec'] },
    rememberedSince: new Date(at).toISOString(),
    next: null,
  });
  expect(JSON.stringify(remembered)).not.toMatch(/15550104477|HBgL|words/);
  const full = await traced(stage, id, true);
  expect(full).toMatchObject({ message: { id, text: 'words of a customer' }, record: { reply: `words of ${id}#2` } });
  expect(full.answers.map(({ sentId }) => sentId)).toEqual(['wamid.SENTsentSENT1', 'wamid.SENTsentSENT2']);

  expect(lines(await kept(stage, id))).toEqual([
    '-2 written, by WhatsApp’s clock',
    '0 received by a webhook, and kept',
    '1 the first attempt that failed',
    '31 its run 2 began',
    '32 part 1 of 2 of the answer is in the outbox (relay)',
    '32 part 2 of 2 of the answer is in the outbox (relay)',
    '32 settled: failed',
    '33 part 1 of 2 of the answer was handed to Kapso',
    '33 part 1 of 2 of the answer was taken by Kapso',
    '38 part 2 of 2 of the answer was handed to Kapso',
    '38 part 2 of 2 of the answer was taken by Kapso',
    '39 part 1 of 2 of the answer was delivered, by WhatsApp',
    '41 part 1 of 2 of the answer was read, by WhatsApp',
    '48 part 2 of 2 of the answer failed: Message undeliverable (131026)',
  ]);
  for (const given of [id, id.slice(-12), first, other.slice(-15), 'wamid.SENTsentSENT2', '…sentSENT1']) {
    expect((await traced(stage, given)).steps, given).toHaveLength(18);
  }
  const { sources } = stage.live;
  expect(await sources.trace('sentSENT', { full: false })).toEqual({ kind: 'none' });
  await store.accept([entry('wamid.anotherY4AA==')]);
  expect(await sources.trace('Y4AA==', { full: false })).toEqual({ kind: 'several' });
});

test('a message that was turned away, and one that went with another, say so', async () => {
  const stage = await startLive();
  const { store, clock, emit } = stage;
  await store.accept([
    entry('wamid.denied00', { lane: 'a' }),
    entry('wamid.carrier0', { lane: 'b' }),
    entry('wamid.gathered', { lane: 'b' }),
  ]);
  emit({
    type: 'messages accepted',
    count: 3,
    messages: ['wamid.denied00', 'wamid.carrier0', 'wamid.gathered'],
    by: 'poll',
  });
  clock.advance(1000);
  await store.refuse({
    id: 'wamid.denied00',
    state: 'denied',
    reason: 'access.policy is allowlist, and it is not on it',
  });
  expect(lines(await kept(stage, 'wamid.denied00')).at(-1)).toBe(
    '1 denied: access.policy is allowlist, and it is not on it',
  );

  await store.begin('wamid.carrier0', { runKey: 'wamid.carrier0', runNumber: 1, gathers: ['wamid.gathered'] });
  emit({ type: 'messages gathered', message: 'wamid.carrier0', others: ['wamid.gathered'] });
  emit({ type: 'run began', message: 'wamid.carrier0', run: 'wamid.carrier0' });
  await store.settle('wamid.carrier0', 'answering', { outgoing: [reply('wamid.carrier0', 1, 1)] });
  emit({ type: 'message settled', message: 'wamid.carrier0', outcome: 'answering', note: null });
  expect(lines(await traced(stage, 'wamid.gathered')).slice(2)).toEqual([
    '1 gathered into the run of the message before it',
    '1 the gateway has taken its run',
    '1 the answer is in the outbox (relay)',
    '1 settled: answering',
  ]);
  expect((await traced(stage, 'wamid.gathered')).next?.text).toBe('the answer waits: its turn');
});

test('a message that waits says for what: its turn, the gateway, or a poller that does not run', async () => {
  const stage = await startLive();
  const { store, clock, stateDir } = stage;
  await store.accept([entry('wamid.waiting')]);
  const next = async (running: boolean, status: Known | null) => {
    const found = await createSources({
      ...{ store, clock, stateDir, directory: null, running: () => running, status: () => status },
    }).trace('wamid.waiting', { full: false });
    return found.kind === 'found' ? found.trace.next?.text : found.kind;
  };
  expect(await next(true, { gateway: { phase: 'connected' } })).toBe('it waits for its turn');
  expect(await next(true, { gateway: { phase: 'blocked', reason: 'It does not accept the token.' } })).toBe(
    'it waits for the gateway, which is blocked: It does not accept the token.',
  );
  expect(await next(true, { gateway: { phase: 'connecting', reason: 'Nothing listens.' } })).toMatch(
    /which is away: Not/,
  );
  const delivery = { since: at, reason: 'no agent main', hint: null };
  const connected = { gateway: { phase: 'connected' as const } };
  expect(await next(true, { ...connected, delivery })).toMatch(/which takes no messages: no agent main$/);
  expect(await next(true, { ...connected, delivery: { ...delivery, agent: 'sales' } })).toBe('it waits for its turn');
  expect(await next(false, { gateway: { phase: 'blocked' } })).toBe('it waits for the poller, which does not run');
});
