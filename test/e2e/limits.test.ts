import { expect, it } from 'vitest';
import { readBody } from '../../src/domain/stored-body.ts';
import { createStage } from './programs.ts';

const notice = 'You have written more than can be answered. Please wait.';
const limits = {
  KAPSO_ACCESS_LIMITS_MESSAGES_PER_MINUTE: '3',
  KAPSO_ACCESS_LIMITS_WAITING: '2',
  KAPSO_ACCESS_LIMITS_NOTICE: notice,
};
const flooder = '+15550001111';
const other = '+15550002222';
const flood = (name: string, from: number) =>
  Array.from({ length: 20 }, (_, at) => ({
    ...{ id: `wamid.${name}${at}`, from: flooder, text: `flood ${name} ${at}` },
    timestamp: Math.floor(Date.now() / 1000) + from + at,
  }));

it('who floods is answered at the rate, is told once that more is not, and holds nobody up, also after a crash', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller(limits);
  const begun = async () => (await gateway.runs()).map(({ key }) => key);
  await kapso.reaches('list', 1);
  await kapso.receive([...flood('a', -60), { id: 'wamid.other', from: other, text: 'hello' }]);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 4);
  expect((await begun()).toSorted()).toEqual(['wamid.a0', 'wamid.a1', 'wamid.a2', 'wamid.other']);

  const kept = (await stage.inbox()).filter(({ id }) => id.startsWith('wamid.a'));
  const states = kept.map(({ state }) => state);
  expect(states.slice(3)).toEqual(['pending', 'pending', ...Array(15).fill('limited')]);
  for (const entry of kept.slice(5)) {
    expect(entry.body).not.toContain('flood');
    expect(readBody(entry)).toMatchObject({
      kind: 'message',
      message: { id: entry.id, sender: { phone: '15550001111' } },
    });
    expect(entry.reason).toContain('access.limits');
  }
  const notices = async () => (await kapso.sent()).filter(({ text }) => text === notice).map(({ to }) => to);
  await stage.until('the flooder is told', async () => (await notices()).length > 0);
  const said = () => poller.lines.filter(line => line.includes('its further messages are kept as limited'));
  expect(said()).toHaveLength(1);
  expect(said()[0]).toContain('+1555…11');
  await stage.until('the status names the flooder', () => stage.statusFile().limited?.length === 1);
  const { stdout } = await stage.run('cli', ['status']);
  expect(stdout).toMatch(/Limited +\+1555…11 \(for /);

  await poller.end('SIGKILL');
  await kapso.receive(flood('b', -30));
  await poller.start();
  // The rate begins anew, and what waited comes first.
  await stage.holds('settled', 7);
  const all = await begun();
  expect(all.slice(4)).toEqual(['wamid.a3', 'wamid.a4', 'wamid.b0']);
  expect((await stage.counts()).limited).toBe(15 + 15);
  expect(await notices()).toEqual([flooder]);
});

it('a backlog of one sender is lost by nobody where no rate is set: nothing is limited', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  await stage.startGateway();
  const poller = await stage.startPoller();
  await kapso.reaches('list', 1);
  await poller.end('SIGTERM');
  await kapso.receive(Array.from({ length: 500 }, (_, at) => ({ from: flooder, text: `message ${at}` })));
  await poller.start();
  await stage.holds('settled', 500);
  expect(await stage.counts()).toMatchObject({ settled: 500, limited: 0 });
});
