import { chmodSync, cpSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import type { SentText } from '../../src/simulator/kapso-control.ts';
import type { Entry } from '../../src/store/store.ts';
import type { MessageView } from '../../src/views/message-view.ts';
import { bundles, createStage, type Stage } from './programs.ts';
import type { Step } from './scripted-gateway.ts';

const scriptedGateway = join(import.meta.dirname, 'scripted-gateway.ts');

/** Who runs the command line, and how: nobody may not write the state directory, and another machine has none. */
const ways = {
  'the user of the poller': '',
  'another user': 'setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent',
  'another machine': 'env KAPSO_STATE_DIR=/proc/none/state HOME=/nonexistent',
};
type Way = keyof typeof ways;

interface Case {
  name: string;
  /** What the agent does for a customer. `send` is a command line without the text, which goes to that customer. */
  steps: (send: string, sendToOther: string) => Step[];
  /** What the customer gets, and by which way. `unclear`: the operator is told that the agent's text was not sent. */
  gets: string[];
  by: 'agent' | 'relay' | 'unclear';
  /** The ways to run the command line of which this holds, and whether it needs the record. By default all. */
  only?: { ways: readonly Way[]; record?: true };
  /** Milliseconds for which Kapso keeps the sends to this customer waiting. */
  held?: number;
  /** Somebody else gets something too. */
  toOther?: true;
}

const cases: Case[] = [
  {
    name: 'the send ends before the run does',
    steps: send => [{ run: `${send} one` }, { say: 'Sent.' }],
    ...{ gets: ['one'], by: 'agent' },
  },
  {
    name: 'the send is under way when the run ends',
    steps: send => [{ begin: `${send} two` }, { say: 'I am sending it.' }],
    ...{ gets: ['two'], by: 'agent', held: 3000 },
  },
  {
    name: 'the send begins after the end of the run',
    steps: send => [{ begin: `sleep 2; ${send} three` }, { say: 'I shall send it.' }],
    ...{ gets: ['three'], by: 'agent' },
  },
  {
    name: 'parts are sent, and a text ends the run',
    steps: send => [{ run: `${send} four` }, { run: `${send} five` }, { say: 'And six.' }],
    ...{ gets: ['four', 'five'], by: 'agent' },
  },
  {
    name: 'the send goes to somebody else',
    steps: (_, sendToOther) => [{ run: `${sendToOther} seven` }, { say: 'Told your colleague.' }],
    ...{ gets: ['Told your colleague.'], by: 'relay', toOther: true },
  },
  { name: 'nothing is sent', steps: () => [{ say: 'Eight.' }], gets: ['Eight.'], by: 'relay' },
  {
    name: 'the send takes longer than absence is waited for, and its mark says so',
    steps: send => [{ begin: `${send} nine` }, { say: 'I am sending it.' }],
    ...{ gets: ['nine'], by: 'agent', held: 10_000, only: { ways: ['the user of the poller'] } },
  },
  {
    name: 'the send takes longer, and only the record says that it began',
    steps: send => [{ begin: `${send} ten` }, { say: 'I am sending it.' }],
    ...{
      gets: ['ten'],
      by: 'unclear',
      held: 10_000,
      only: { ways: ['another user', 'another machine'], record: true },
    },
  },
];

/** A directory with the command line under its name, which every user may run. */
function programIn({ dir }: Stage): string {
  const program = join(dir, 'program');
  cpSync(dirname(bundles.cli), program, { recursive: true });
  const path = join(program, 'kapso-whatsapp-cli');
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${join(program, basename(bundles.cli))}' "$@"\n`);
  for (const one of [dir, program, path]) chmodSync(one, 0o755);
  return program;
}

/** What `inbox show --json` says of the answer to a message. */
type Answer = Pick<MessageView, 'state' | 'outcome' | 'answer'>;

function isAsWanted({ by, gets }: Case, got: readonly SentText[], { state, outcome, answer }: Answer): void {
  expect(got.map(({ text }) => text)).toEqual(gets);
  expect(state).toBe('settled');
  const [first] = answer;
  if (by === 'unclear') {
    expect([outcome, first?.via, first?.state, answer.length]).toEqual(['failed', 'relay', 'failed', 1]);
    expect(first?.reason).toContain("The agent's own send may have reached the customer, so its text was not sent");
    return;
  }
  expect(outcome).toBe('answered');
  expect(answer.map(({ via, state }) => ({ via, state }))).toEqual(got.map(() => ({ via: by, state: 'sent' })));
  expect(answer.map(({ sentId }) => sentId).sort()).toEqual(got.map(({ id }) => id).sort());
}

it.each([
  { record: true, told: 'its record of the runs' },
  { record: false, told: 'no record of the runs' },
])(
  'a customer gets each answer once, by relay or from the agent, with a gateway that shows $told',
  // Absence in Kapso's list is sure only after some seconds, and one send takes ten.
  { timeout: 120_000 },
  async ({ record }) => {
    const stage = createStage();
    const kapso = await stage.startKapso();
    stage.env.PATH = `${programIn(stage)}:${process.env.PATH}`;
    const gateway = await stage.startGateway([], scriptedGateway);
    if (!record) {
      const payload = { messages: [], totalMessages: 0 };
      await gateway.control('POST', 'faults', { method: 'chat.history', count: 1_000_000, do: 'reshape', payload });
    }
    const poller = await stage.startPoller();

    // Side by side, each with a customer of its own.
    const played = (Object.keys(ways) as Way[]).flatMap((way, one) =>
      cases.flatMap((example, two) => {
        const { only } = example;
        if (only && (!only.ways.includes(way) || (only.record && !record))) return [];
        const [customer, other] = [`+1555100${one}00${two}`, `+1555200${one}00${two}`];
        const sendTo = (number: string) => `${ways[way]} kapso-whatsapp-cli send --to ${number} --text`.trim();
        const text = JSON.stringify(example.steps(sendTo(customer), sendTo(other)));
        return [{ ...example, id: `wamid.own${one}${two}`, way, customer, other, text }];
      }),
    );
    const kept = played.flatMap(({ customer: to, held }) =>
      held ? [{ kind: 'send', to, do: 'pass', delay: held }] : [],
    );
    await kapso.control('POST', 'faults', kept);
    await kapso.receive(played.map(({ id, customer, text }) => ({ id, from: customer, text })));
    poller.signal('SIGUSR2');
    await stage.holds('settled', played.length, 90_000);
    const count = played.flatMap(({ gets, toOther }) => (toOther ? [...gets, 'seven'] : gets)).length;
    await kapso.reaches('sent', count);
    const isOpen = ({ outcome }: Entry) => outcome === 'answering';
    await stage.until('nothing waits', async () => !(await stage.inbox()).some(isOpen));

    const sent = await kapso.sent();
    expect(sent.length).toBe(count);
    const { stdout } = await stage.run('cli', ['inbox', 'list', '--json', '--full', '--limit', '100']);
    const shown = new Map((JSON.parse(stdout) as MessageView[]).map(view => [view.id, view]));
    for (const example of played) {
      const got = sent.filter(({ to }) => to === example.customer);
      isAsWanted(example, got, shown.get(example.id) as MessageView);
      if (example.toOther) expect(sent.filter(({ to }) => to === example.other)).toMatchObject([{ text: 'seven' }]);
    }
    for (const by of ['agent', 'relay'] as const) {
      const { stdout: one } = await stage.run('cli', [
        'inbox',
        'show',
        played.find(example => example.by === by)?.id ?? '',
      ]);
      expect(one).toContain(`part 1 of 1 by ${by} | sent`);
    }
    // Of the others none could leave one.
    const marks = readdirSync(join(stage.stateDir, 'sends')).length;
    expect(marks).toBe(7);
  },
);
