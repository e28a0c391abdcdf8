import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createStage, type Gateway, type Kapso, type Stage } from './programs.ts';
import { seededRandom } from './random.ts';

const admin = '+15550009999';
const customer = '+15550001111';
const env = {
  // What a kill leaves in doubt is sent again soon, and holds up what comes after it no longer.
  KAPSO_REPLY_LOOK_UP_FOR: '2',
  KAPSO_ACCESS_CONTACTS: JSON.stringify([{ id: admin, name: 'Ada', role: 'admin' }]),
  KAPSO_ACCESS_COMMANDS_ENABLED: 'true',
};

/** Starts all programs. `delay`: milliseconds that a run takes. */
async function start(delay = 0, more: Record<string, string> = {}) {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway(['--state', `${stage.dir}/gateway`, '--agent-delay', String(delay)]);
  const poller = await stage.startPoller({ ...env, ...more });
  await kapso.reaches('list', 1);
  let count = 0;
  const write = async (from: string, text: string) => {
    const id = `wamid.command${++count}`;
    await kapso.receive([{ id, from, text }]);
    poller.signal('SIGUSR2');
    return id;
  };
  return { stage, kapso, gateway, poller, write };
}

const sentTo = async (kapso: Kapso, to: string) =>
  (await kapso.sent()).filter(one => one.to === to).map(({ text }) => text);
const answered = (stage: Stage, kapso: Kapso, to: string, count: number) =>
  stage.until(`${to} has ${count} messages`, async () => (await sentTo(kapso, to)).length >= count);
const outcomeOf = async (stage: Stage, id: string) => (await stage.inbox()).find(one => one.id === id);
const prompts = async (gateway: Gateway) => (await gateway.runs()).map(({ text }) => text).join('\n');

it('!status is answered by the poller, once, and no agent reads it', async () => {
  const { stage, kapso, gateway, write } = await start();
  const id = await write(admin, '!Status ');
  await answered(stage, kapso, admin, 1);
  const [text = ''] = await sentTo(kapso, admin);
  expect(text).toMatch(
    /^kapso-whatsapp .*\nMessages: 0 waiting; 0 failed\n(Answers: .*\n)?Gateway: connected for 0 minutes/,
  );
  expect(await outcomeOf(stage, id)).toMatchObject({ state: 'settled', outcome: 'command' });
  expect(await gateway.runs()).toEqual([]);
});

it('a command is plain text from anybody else, when it is unknown, and where commands are off', async () => {
  const { stage, kapso, gateway, poller, write } = await start();
  await write(customer, '!status');
  await write(admin, '!restart');
  await stage.holds('settled', 2);
  await poller.end();
  const { KAPSO_ACCESS_CONTACTS } = env;
  const off = stage.poller({ KAPSO_ACCESS_CONTACTS });
  await off.start();
  await kapso.receive([{ from: admin, text: '!stop' }]);
  off.signal('SIGUSR2');
  await stage.holds('settled', 3);
  const said = await prompts(gateway);
  for (const text of ['> !status', '> !restart', '> !stop']) expect(said).toContain(text);
});

it('!new begins a session that lasts, and only for the conversation that it was given in', async () => {
  const { stage, kapso, gateway, poller, write } = await start();
  await write(admin, 'before');
  await stage.holds('settled', 1);
  await kapso.receive([
    { from: admin, text: '!new', timestamp: Math.floor(Date.now() / 1000) },
    { from: admin, text: 'with it', timestamp: Math.floor(Date.now() / 1000) + 1 },
    { from: customer, text: 'hello' },
  ]);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 4);
  await poller.end('SIGKILL');
  await poller.start();
  await write(admin, 'after');
  await stage.holds('settled', 5);
  await write(admin, '!new');
  await write(admin, 'again');
  await stage.holds('settled', 7);
  const sessions = (await gateway.runs()).map(({ session, text }) => [text.split('> ')[1], session]);
  const own = 'agent:main:kapso:direct:+15550009999';
  expect(Object.fromEntries(sessions)).toEqual({
    before: own,
    'with it': `${own}:session-2`,
    after: `${own}:session-2`,
    again: `${own}:session-3`,
    hello: 'agent:main:kapso:direct:+15550001111',
  });
});

it('!stop ends the run in progress without waiting for it, and what waits behind it goes on', async () => {
  const { stage, kapso, gateway, write } = await start(60_000);
  const long = await write(admin, 'a long question');
  await gateway.reaches('started', 1);
  const other = await write(customer, 'another one');
  await gateway.reaches('started', 2);
  const next = await write(admin, 'the next question');
  await write(admin, '!stop');
  await answered(stage, kapso, admin, 1);
  expect(await sentTo(kapso, admin)).toEqual(['The run was stopped.']);
  expect(await outcomeOf(stage, long)).toMatchObject({
    state: 'settled',
    outcome: 'stopped',
    reason: 'Stopped by an operator (!stop)',
  });
  await gateway.reaches('started', 3);
  expect((await gateway.runs()).map(({ key, status }) => [key, status])).toEqual([
    [long, 'error'],
    [other, 'running'],
    [next, 'running'],
  ]);
  expect(await sentTo(kapso, customer)).toEqual([]);
});

it('!stop says when there is nothing to stop, and when the gateway does not let it', async () => {
  const { stage, kapso, gateway, poller, write } = await start(4000);
  await write(admin, '!stop');
  await answered(stage, kapso, admin, 1);
  const question = await write(admin, 'a question');
  await gateway.reaches('started', 1);
  await poller.end('SIGKILL');
  await poller.start();
  await poller.says('Connected to the gateway', poller.lines.length - 1).catch(() => undefined);
  await write(admin, '!stop');
  await answered(stage, kapso, admin, 2);
  const [first, second] = await sentTo(kapso, admin);
  expect(first).toBe('No run is in progress.');
  expect(second).toMatch(/^The run could not be stopped: .*unauthorized.*only the connection that began a run/s);
  // It goes on, and is answered.
  await stage.until('it is answered', async () => (await outcomeOf(stage, question))?.outcome === 'answered');
});

it('!mute keeps what comes and starts no run, for a time or until !unmute, over restarts; the status says so', async () => {
  const { stage, kapso, gateway, poller, write } = await start();
  await write(customer, 'hello');
  await stage.holds('settled', 1);
  await write(admin, `!mute ${customer}`);
  await answered(stage, kapso, admin, 1);
  expect(await sentTo(kapso, admin)).toEqual([
    '+1555…11 is muted until !unmute. What comes is kept, and starts no run.',
  ]);
  await write(customer, 'kept');
  await write(admin, 'mine');
  await stage.holds('settled', 3);
  const isShown = () => stage.statusFile().muted?.[0]?.contact === '+1555…11';
  await stage.until('the status says so', isShown);
  await poller.end('SIGKILL');
  await poller.start();
  await write(customer, 'kept too');
  await stage.holds('pending', 2);
  await stage.until('the status says so again', isShown);
  expect((await stage.run('cli', ['status'])).stdout).toMatch(/Muted +\+1555…11, until !unmute/);
  await write(admin, `!unmute ${customer}`);
  await stage.holds('settled', 6);
  expect((await stage.counts()).pending).toBe(0);
  expect((await gateway.runs()).map(({ text }) => text.split('> ')[1])).toEqual(['hello', 'mine', 'kept', 'kept too']);
  await write(admin, '!mute +15557777777 5');
  await stage.until('the answer', async () =>
    (await sentTo(kapso, admin)).includes('Nobody with +15557777777 has ever written.'),
  );
});

it('SIGKILLs amid commands: each is done once, and what was stopped is not run again', {
  timeout: 240_000,
}, async () => {
  const admins = Array.from({ length: 8 }, (_, at) => `+155500099${10 + at}`);
  const contacts = JSON.stringify(admins.map(id => ({ id, role: 'admin' })));
  const { stage, kapso, gateway, poller } = await start(200_000, {
    KAPSO_ACCESS_CONTACTS: contacts,
  });
  const random = seededRandom(5);
  await kapso.receive(admins.map((from, at) => ({ id: `wamid.question${at}`, from, text: 'a long question' })));
  poller.signal('SIGUSR2');
  await gateway.reaches('started', admins.length);
  await kapso.receive(
    admins.flatMap((from, at) => [
      { id: `wamid.stop${at}`, from, text: '!stop' },
      { id: `wamid.new${at}`, from, text: '!new' },
    ]),
  );
  poller.signal('SIGUSR2');
  await stage.until('a command is done', async () =>
    (await stage.inbox()).some(({ reason }) => reason?.includes('stopped')),
  );
  for (let kill = 0; kill < 4; kill += 1) {
    await poller.end('SIGKILL');
    await poller.start();
    await pause(random() * 300);
  }
  for (const to of admins) await answered(stage, kapso, to, 2);
  const inbox = await stage.inbox();
  const runs = await gateway.runs();
  let stopped = 0;
  for (const [at, to] of admins.entries()) {
    const answers = (await sentTo(kapso, to)).toSorted();
    expect(answers).toEqual([
      expect.stringMatching(/^The run (was stopped|could not be stopped: .*)/s),
      'Your next message begins a new session.',
    ]);
    const isStopped = answers[0] === 'The run was stopped.';
    if (isStopped) stopped += 1;
    const question = inbox.find(({ id }) => id === `wamid.question${at}`);
    expect(question).toMatchObject(isStopped ? { state: 'settled', outcome: 'stopped' } : { state: 'sending' });
    const own = runs.filter(({ key }) => key.startsWith(`wamid.question${at}`));
    expect(own.map(({ status }) => status)).toEqual([isStopped ? 'error' : 'running']);
  }
  expect(stopped).toBeGreaterThan(0);
  await kapso.receive(admins.map(from => ({ from, text: 'and now?' })));
  poller.signal('SIGUSR2');
  await gateway.reaches('started', admins.length + stopped);
  const sessions = (await gateway.runs()).filter(({ text }) => text.includes('and now?')).map(({ session }) => session);
  expect(sessions.every(session => session.endsWith(':session-2'))).toBe(true);
});
