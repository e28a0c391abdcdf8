import { expect, it } from 'vitest';
import { createStage, type Gateway, type Kapso, type Stage } from './programs.ts';

async function start(): Promise<{ stage: Stage; kapso: Kapso; gateway: Gateway }> {
  const stage = createStage();
  return { stage, kapso: await stage.startKapso(), gateway: await stage.startGateway() };
}

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s lets the run under way end, settles it, and takes nothing new',
  async signal => {
    const { stage, kapso, gateway } = await start();
    const poller = await stage.startPoller();
    await kapso.receive([{ text: 'first [[slow 1500]]' }, { text: 'second' }]);
    poller.signal('SIGUSR2');
    await poller.says('Message taken by the gateway');
    expect(await poller.end(signal)).toEqual({ code: 0, signal: null });
    expect((await stage.inbox()).map(({ state, outcome }) => [state, outcome])).toEqual([
      ['settled', 'answered'],
      ['pending', null],
    ]);
    expect(await gateway.runs()).toHaveLength(1);
    expect((await stage.run('cli', ['status'])).code).toBe(69);

    await poller.start();
    await stage.holds('settled', 2);
    expect((await gateway.runs()).map(({ reply }) => reply)).toEqual([
      'You said: first [[slow 1500]]',
      'You said: second',
    ]);
  },
);

it('a run that does not end is left after the limit, and taken up again at the next start without a second run', async () => {
  const { stage, kapso, gateway } = await start();
  const poller = await stage.startPoller({ KAPSO_SHUTDOWN_TIMEOUT: '1' });
  await kapso.receive([{ text: 'long [[slow 4000]]' }]);
  poller.signal('SIGUSR2');
  await poller.says('Message taken by the gateway');
  const asked = Date.now();
  expect(await poller.end()).toEqual({ code: 0, signal: null });
  expect(Date.now() - asked).toBeLessThan(3000);
  expect(await stage.counts()).toMatchObject({ sending: 1, settled: 0 });

  await poller.start();
  await stage.holds('settled', 1);
  expect(await gateway.runs()).toMatchObject([{ recovery: false, status: 'ok' }]);
});

it('a second signal ends it at once, with 75', async () => {
  const { stage, kapso, gateway } = await start();
  const poller = await stage.startPoller({ KAPSO_SHUTDOWN_TIMEOUT: '600' });
  await kapso.receive([{ text: '[[hang]]' }]);
  poller.signal('SIGUSR2');
  await gateway.reaches('started', 1);
  poller.signal('SIGTERM');
  await poller.says('Stopping');
  expect(await poller.end('SIGTERM')).toEqual({ code: 75, signal: null });
  expect(await stage.counts()).toMatchObject({ sending: 1 });
});

it('it stops at once while the gateway is away, and while Kapso does not answer', async () => {
  const { stage, kapso, gateway } = await start();
  await gateway.end('SIGKILL');
  const poller = await stage.startPoller({ KAPSO_SHUTDOWN_TIMEOUT: '600', KAPSO_TIMEOUT: '600' });
  await kapso.receive([{ text: 'waits' }]);
  poller.signal('SIGUSR2');
  await stage.holds('pending', 1);
  const polls = (await kapso.lists()).length;
  await kapso.control('POST', 'faults', { kind: 'list', do: 'hang' });
  poller.signal('SIGUSR2');
  await kapso.reaches('list', polls + 1);
  expect(await poller.end()).toEqual({ code: 0, signal: null });
  expect(await stage.counts()).toMatchObject({ pending: 1 });
});
