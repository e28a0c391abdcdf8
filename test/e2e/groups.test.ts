import { expect, it } from 'vitest';
import { bundles, createStage, type Inbound } from './programs.ts';

const members = { ann: '+15551110001', ben: '+15551110002', cem: '+15551110003' };
const group = 'Y2FwaV9ncm91cDox==';
const settings = {
  KAPSO_GROUPS_POLICY: 'allowlist',
  KAPSO_GROUPS_ALLOW_FROM: group,
  KAPSO_GROUPS_MENTIONS: 'the workshop',
  KAPSO_ACCESS_CONTACTS: JSON.stringify([
    { id: members.cem, name: 'The boss', role: 'admin', prompt: 'Speak German.', agent: 'sales' },
  ]),
};

it.each([
  ['the bridge relays', []],
  ['the agent sends by the command line', ['--reply', 'cli', '--cli', bundles.cli]],
])('what a group asks the group is answered, where %s, and never a member alone', async (_, how) => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway(['--state', `${stage.dir}/gateway`, ...how]);
  await kapso.control('POST', 'config', { enforceWindow: true });
  await gateway.control('POST', 'config', { agents: 'sales' });
  const poller = await stage.startPoller(settings);
  const say = async (messages: Inbound[], settled: number) => {
    const ids = await kapso.receive(messages);
    poller.signal('SIGUSR2');
    await stage.holds('settled', settled);
    return ids;
  };
  await say(
    [
      { from: members.ann, group, text: 'shall we meet?' },
      { from: members.cem, group, text: 'on Friday' },
      { from: members.ben, group, text: 'is @15550100200 free then?' },
    ],
    3,
  );
  await stage.until('the group has its answer', async () => (await kapso.sent()).length === 1);
  const [first] = await kapso.sent();
  await poller.end('SIGKILL');
  await poller.start();
  await say(
    [
      { from: members.ann, group, text: 'thanks' },
      { from: members.cem, group, text: 'and Saturday?', replyTo: first?.id ?? '' },
      { from: members.ben, group, text: 'The workshop, are you there?' },
      { from: members.ben, text: 'this is between us' },
      { from: members.cem, text: 'and this' },
      { from: members.ann, group: 'another', text: '@15550100200 me too' },
    ],
    8,
  );
  await stage.until('all have their answers', async () => (await kapso.sent()).length === 5);
  const sent = await kapso.sent();
  expect(sent.map(({ to, text }) => [to, text.includes('between us'), text.includes('and this')]).toSorted()).toEqual([
    [members.ben, true, false],
    [members.cem, false, true],
    ...[1, 2, 3].map(() => [`group:${group}`, false, false]),
  ]);

  const runs = await gateway.runs();
  const inGroup = runs.filter(({ session }) => session.includes(':kapso:group:'));
  expect(new Set(inGroup.map(({ session }) => session)).size).toBe(1);
  expect(inGroup.map(({ text }) => text.replace(/ at \S+Z, id \S+/g, '').replace(/^\[[^\]]*\] /, ''))).toEqual([
    [
      `From: WhatsApp user (${members.ben}) on WhatsApp in the group ${group}`,
      '',
      'Noted before this message:',
      `From: WhatsApp user (${members.ann}) on WhatsApp in the group ${group}`,
      '> shall we meet?',
      `From: WhatsApp user (${members.cem}, role admin) on WhatsApp in the group ${group}`,
      '> on Friday',
      '',
      'The message:',
      '> is @15550100200 free then?',
    ].join('\n'),
    expect.stringMatching(
      new RegExp(
        '^From: WhatsApp user \\(\\+15551110003, role admin\\)[^\n]*\n\nNoted .*\n.*\n> thanks\n\n' +
          'Message wamid\\S+, sent by you at \\S+, says:\n> You said: is @15550100200 free then\\?\n\nThe message:\n',
      ),
    ),
    expect.stringMatching(/^From: WhatsApp user \(\+15551110002\) on WhatsApp in the group/),
  ]);
  const [boss] = runs.filter(({ session }) => session === `agent:sales:kapso:direct:${members.cem}`);
  expect(boss?.text).toContain('> and this');

  expect(await stage.counts()).toMatchObject({ settled: 8, denied: 1, pending: 0, failed: 0 });
  const marked = new Set((await kapso.reads()).map(({ messageId }) => messageId));
  for (const { id, body } of await stage.inbox()) if (body.includes('groupId')) expect(marked).not.toContain(id);
});

it('a group is refused, and nobody in it written to, unless the settings let it in', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller();
  await kapso.receive([{ from: members.ann, group, text: '@15550100200 hello' }]);
  await kapso.receive([{ from: members.ann, text: 'hello' }]);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 1);
  await stage.until('the answer is there', async () => (await kapso.sent()).length === 1);
  expect(await stage.counts()).toMatchObject({ denied: 1, settled: 1 });
  expect((await stage.inbox()).find(({ state }) => state === 'denied')?.body).not.toContain('hello');
  expect(await gateway.runs()).toHaveLength(1);
  expect((await kapso.sent()).map(({ to }) => to)).toEqual([members.ann]);
});

it('what a monitored contact writes is handed over, and nothing is sent or shown to it, whatever becomes of the run', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller({
    KAPSO_ACCESS_CONTACTS: JSON.stringify([{ id: members.ann, mode: 'monitor', replyVia: 'relay' }]),
    KAPSO_REPLY_ON_FAILURE: 'Sorry, later.',
  });
  await kapso.receive([
    { from: members.ann, text: 'hello' },
    { from: members.ann, text: '[[fail-late]]' },
    { from: members.ben, text: 'hello' },
  ]);
  poller.signal('SIGUSR2');
  await stage.holds('failed', 1);
  await stage.until('the other is answered', async () => (await stage.inbox()).at(-1)?.outcome === 'answered');
  await kapso.reaches('read', 1);
  expect((await stage.inbox()).map(({ outcome }) => outcome)).toEqual(['silent', null, 'answered']);
  expect(await gateway.runs()).toHaveLength(3);
  expect((await kapso.sent()).map(({ to }) => to)).toEqual([members.ben]);
  expect(await kapso.reads()).toHaveLength(1);
});
