import { describe, expect, it } from 'vitest';
import { createStage, type Gateway, type Kapso, type Stage } from './programs.ts';

const texts = ['one', 'two', 'three'];
const messages = texts.map((text, n) => ({ text, from: `+1555000${1000 + (n % 2)}` }));

async function start(gatewayArgs?: string[]): Promise<{ stage: Stage; kapso: Kapso; gateway: Gateway }> {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway(gatewayArgs);
  return { stage, kapso, gateway };
}

async function expectOneRunEach(gateway: Gateway): Promise<void> {
  const runs = await gateway.runs();
  expect(runs.map(({ reply }) => reply).toSorted()).toEqual(texts.map(text => `You said: ${text}`).toSorted());
}

describe('a gateway that is away', () => {
  it('from the start: messages wait, the status says so, and they are delivered within a second of its coming', {
    retry: 2,
  }, async () => {
    const { stage, kapso, gateway } = await start();
    await gateway.end('SIGKILL');
    const poller = await stage.startPoller();
    await kapso.receive(messages);
    poller.signal('SIGUSR2');
    await stage.holds('pending', 3);
    await stage.until('the status says it', () => stage.statusFile().gateway.reason !== null);
    const problem = `the gateway is away: Nothing listens at ${gateway.url}; Start the gateway: openclaw gateway`;
    expect(await stage.status()).toMatchObject({ running: true, healthy: false, problems: [problem] });
    expect((await stage.run('cli', ['status'])).code).toBe(75);
    // Nobody has read them yet.
    expect(await kapso.reads()).toEqual([]);

    await gateway.start();
    const cameAt = Date.now();
    await gateway.reaches('started', 1);
    const [first] = await gateway.runs();
    expect(Number(first?.at) - cameAt).toBeLessThan(1000);
    await stage.holds('settled', 3);
    await expectOneRunEach(gateway);
    await stage.until('the status is well', () => stage.statusFile().gateway.phase === 'connected');
    expect(await stage.status()).toMatchObject({ healthy: true, problems: [] });
  });

  it('after it was there: attempts go on, the messages wait, and none counts as failed', async () => {
    const { stage, kapso, gateway } = await start();
    const poller = await stage.startPoller();
    await poller.says('Connected to the gateway');
    await gateway.end('SIGKILL');
    await kapso.receive(messages);
    poller.signal('SIGUSR2');
    await stage.holds('pending', 3);
    let seen = 0;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      seen = 1 + (await poller.says('Pause before the next attempt to connect', seen));
    }
    await gateway.start();
    await stage.holds('settled', 3);
    expect((await stage.inbox()).map(({ attempts }) => attempts)).toEqual([0, 0, 0]);
    await expectOneRunEach(gateway);
  });

  it('though its connection stands: silence is noticed, and the message is delivered once it lives again', async () => {
    const { stage, kapso, gateway } = await start(['--state', 'gateway', '--tick-interval', '400']);
    const poller = await stage.startPoller();
    await poller.says('Connected to the gateway');
    gateway.signal('SIGSTOP');
    await kapso.receive(messages);
    poller.signal('SIGUSR2');
    await poller.says('no sign of life');
    gateway.signal('SIGCONT');
    await stage.holds('settled', 3);
    await expectOneRunEach(gateway);
  });
});

describe('a Kapso that is away', () => {
  it('from the start: the status says so, and polling goes on by itself when it is there', async () => {
    const { stage, kapso, gateway } = await start();
    await kapso.end('SIGKILL');
    const poller = await stage.startPoller();
    await poller.says('Polling Kapso failed');
    await stage.until('the status says it', () => Boolean(stage.statusFile().polling?.lastError));
    const { healthy, problems } = await stage.status();
    expect(healthy).toBe(false);
    expect(problems.join()).toMatch(/polling fails: .*refused/i);

    await kapso.start();
    await kapso.receive(messages);
    await poller.says('Polling Kapso works again');
    await stage.holds('settled', 3);
    await expectOneRunEach(gateway);
    await stage.until('the status is well', () => stage.statusFile().polling?.lastError === null);
    expect(await stage.status()).toMatchObject({ healthy: true });
  });

  it.each([
    ['answers 500', { status: 500, body: 'Internal Server Error' }],
    ['answers with a page of a proxy', { status: 200, body: '<html>Sign in</html>' }],
    // A new connection follows at once on a kept one that breaks. The new one must break too.
    ['breaks the connection', { do: 'reset', count: 2 }],
    ['never answers', { do: 'hang' }],
  ])('when it %s: what it has is received afterwards', async (_, fault) => {
    const { stage, kapso, gateway } = await start();
    const poller = await stage.startPoller({ KAPSO_TIMEOUT: '1' });
    await kapso.reaches('list', 1);
    await kapso.control('POST', 'faults', { kind: 'list', ...fault });
    await kapso.receive(messages);
    poller.signal('SIGUSR2');
    await poller.says('Polling Kapso failed');
    poller.signal('SIGUSR2');
    await stage.holds('settled', 3);
    await expectOneRunEach(gateway);
  });
});

describe('a conversation that is stuck', () => {
  const [stuck, other] = ['+15550001000', '+15550002000'];

  it.each(['[[fail]]', '[[hang]]'])('with %s holds up its own messages, in order, and nobody else', async directive => {
    const { stage, kapso, gateway } = await start();
    const poller = await stage.startPoller({ KAPSO_DELIVERY_PARALLEL: '2' });
    const others = Array.from({ length: 5 }, (_, n) => ({ text: `other ${n}`, from: other }));
    await kapso.receive([{ text: directive, from: stuck }, { text: 'after it', from: stuck }, ...others]);
    poller.signal('SIGUSR2');
    await stage.holds('settled', others.length);
    if (directive === '[[fail]]') await poller.says('Attempt failed');

    const runs = await gateway.runs();
    expect(runs.filter(({ session }) => session.endsWith(other)).map(({ reply }) => reply)).toEqual(
      others.map(({ text }) => `You said: ${text}`),
    );
    expect(runs.filter(({ session }) => session.endsWith(stuck))).toHaveLength(1);
    const [first, second] = (await stage.inbox()).filter(({ lane }) => lane.endsWith(stuck));
    expect(second).toMatchObject({ state: 'pending', runNumber: 0 });
    if (directive === '[[hang]]') expect(first).toMatchObject({ state: 'sending', attempts: 0 });
    else expect(first).toMatchObject({ attempts: 1, reason: expect.stringContaining('LLM request failed') });
  });
});
