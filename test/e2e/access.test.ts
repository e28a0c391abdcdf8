import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addressOf, domainMode, post, textDelivery } from '../e2e-webhook/delivery.ts';
import { createStage, type Gateway, type Kapso, type Stage } from './programs.ts';

const known = '+15551234567';
const stranger = '+15550000000';
const refusal = 'This number is not open to everybody.';
const secretText = 'words of the stranger';

/** What each of the two writes, on one of the ways in. */
const both = (way: string) => [
  { id: `wamid.known.${way}`, from: known, text: `known by ${way}` },
  { id: `wamid.stranger.${way}`, from: stranger, text: secretText },
];

/** The agent has had what the known one wrote, and nothing of the stranger, who got at most the one sentence. */
async function expectOnlyKnown(stage: Stage, { kapso, gateway }: { kapso: Kapso; gateway: Gateway }, ways: string[]) {
  const ids = (await stage.inbox()).map(({ id, state }) => [id, state] as const);
  expect(
    ids
      .filter(([, state]) => state === 'settled')
      .map(([id]) => id)
      .toSorted(),
  ).toEqual(ways.map(way => `wamid.known.${way}`).toSorted());
  for (const entry of await stage.inbox()) {
    if (entry.state === 'settled') continue;
    expect(entry).toMatchObject({ state: 'denied', reason: 'Its sender is not in access.allowFrom' });
    expect(entry.body).not.toContain(secretText);
  }
  const runs = await gateway.runs();
  expect(runs.map(({ text }) => /known by ([\w-]+)/.exec(text)?.[1]).toSorted()).toEqual(ways.toSorted());
  expect(JSON.stringify(runs)).not.toContain(secretText);
  const toStranger = (await kapso.sent()).filter(({ to }) => to === stranger);
  expect(toStranger.map(({ text }) => text)).toEqual([refusal]);
  expect((await kapso.reads()).filter(({ messageId }) => messageId.includes('stranger'))).toEqual([]);
}

/** A refusal that was under way at a kill is looked for before it is sent again: here for a second. */
const list = { KAPSO_ALLOWED_NUMBERS: known, KAPSO_ACCESS_REFUSAL: refusal, KAPSO_REPLY_LOOK_UP_FOR: '1' };

describe('only who is listed reaches the agent', () => {
  it('by polling: at the interval, on SIGUSR2, after an outage, on inbox retry', async () => {
    const stage = createStage();
    const kapso = await stage.startKapso();
    const gateway = await stage.startGateway();
    const poller = await stage.startPoller(list);
    await kapso.receive(both('interval'));
    await stage.holds('denied', 1);
    await kapso.receive(both('signal'));
    poller.signal('SIGUSR2');
    await stage.holds('denied', 2);
    await stage.holds('settled', 2);
    await poller.end('SIGKILL');
    await kapso.receive(both('outage'));
    const retried = await stage.run('cli', ['inbox', 'retry', 'wamid.stranger.signal']);
    expect(retried.code).toBe(0);
    expect(await stage.counts()).toMatchObject({ pending: 1, denied: 1 });
    await poller.start();
    await stage.holds('denied', 3);
    await stage.holds('settled', 3);
    await stage.until('the stranger is told', async () => (await kapso.sent()).some(({ to }) => to === stranger));
    await expectOnlyKnown(stage, { kapso, gateway }, ['interval', 'signal', 'outage']);

    const { stdout } = await stage.run('cli', ['status']);
    expect(stdout).toMatch(/^Access +allowlist$/m);
    expect(stdout).toMatch(/^Queue +.* 3 denied/m);
    const shown = await stage.run('cli', ['inbox', 'show', 'wamid.stranger.signal', '--full', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      ...{ state: 'denied', reason: 'Its sender is not in access.allowFrom', from: stranger },
      text: '(What was written is not kept.)',
    });
    const listed = await stage.run('cli', ['inbox', 'list', '--state', 'denied', '--json']);
    expect(JSON.parse(listed.stdout)).toHaveLength(3);
  });

  it('by webhook, and by the catch-up after an outage', async () => {
    const stage = createStage();
    const kapso = await stage.startKapso();
    const gateway = await stage.startGateway();
    const poller = await stage.startPoller({ ...domainMode, ...list });
    const url = await addressOf(poller, 0);
    for (const { id, from, text } of both('webhook'))
      expect(await post(url, textDelivery({ id, from: from.slice(1), text }))).toBe(200);
    await stage.holds('denied', 1);
    await poller.end('SIGKILL');
    await kapso.receive(both('catch-up'));
    await poller.start();
    await stage.holds('denied', 2);
    await stage.holds('settled', 2);
    await stage.until('the stranger is told', async () => (await kapso.sent()).some(({ to }) => to === stranger));
    await expectOnlyKnown(stage, { kapso, gateway }, ['webhook', 'catch-up']);
  });
});

describe('a list that becomes narrower', () => {
  const withPolicy = (stage: Stage, access: object) => {
    const path = join(stage.dir, 'kapso.json');
    writeFileSync(path, JSON.stringify({ access }), { mode: 0o600 });
    return path;
  };

  it('holds for what waits: for the agent, and for the customer', async () => {
    const stage = createStage();
    const kapso = await stage.startKapso();
    const KAPSO_CONFIG = withPolicy(stage, { policy: 'open' });
    const gateway = await stage.startGateway();
    const poller = await stage.startPoller({ KAPSO_CONFIG, KAPSO_REPLY_LOOK_UP_FOR: '1' });
    expect(poller.lines.some(line => line.includes('Whoever knows the number can write to the agent'))).toBe(true);
    // The stranger's answer waits in the outbox, and the next message for its turn.
    await kapso.control('POST', 'faults', { kind: 'send', status: 503, count: 1000 });
    await kapso.receive([{ id: 'wamid.answered', from: stranger, text: secretText }]);
    poller.signal('SIGUSR2');
    await stage.holds('settled', 1);
    await gateway.end('SIGKILL');
    await kapso.receive(both('waiting'));
    poller.signal('SIGUSR2');
    await stage.holds('pending', 2);

    withPolicy(stage, { allowFrom: [known] });
    const from = poller.lines.length;
    poller.signal('SIGHUP');
    await poller.says('The configuration was reloaded', from);
    await kapso.control('DELETE', 'faults');
    await gateway.start();
    await stage.holds('denied', 1);
    await stage.holds('settled', 2);
    await stage.until('both answers have ended', async () => {
      const report = JSON.parse((await stage.run('cli', ['outbox', 'list', '--json'])).stdout) as { state: string }[];
      return report.length === 2 && report.every(({ state }) => state === 'sent' || state === 'failed');
    });
    expect((await kapso.sent()).map(({ to }) => to)).toEqual([known]);
    expect((await gateway.runs()).filter(({ text }) => text.includes(secretText))).toHaveLength(1);
    const failed = await stage.run('cli', ['outbox', 'list', '--state', 'failed', '--json']);
    expect(JSON.parse(failed.stdout)).toMatchObject([
      { reason: expect.stringContaining('It answers a message that is not for the agent any more') },
    ]);
  });
});

it('an empty list admits nobody, and the start and the status say so', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller({ KAPSO_ALLOWED_NUMBERS: '' });
  const warning =
    'Nobody can write to the agent: access.policy is allowlist, and access.allowFrom is empty. Name who may ' +
    '(KAPSO_ALLOWED_NUMBERS), or take pairing';
  expect(poller.lines.filter(line => line.includes(warning))).toHaveLength(1);
  await kapso.receive(both('empty'));
  poller.signal('SIGUSR2');
  await stage.holds('denied', 2);
  const { stdout } = await stage.run('cli', ['status', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ warnings: [warning], queue: { byState: { denied: 2 } } });
  expect(await gateway.runs()).toEqual([]);
});
