/** The way of group messages to the agent, and of those of contacts of whom an operator has said something. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GatewayError } from '../../src/agents/agent.ts';
import { createSessionFor } from '../../src/agents/openclaw/session.ts';
import { createForwarder, type ForwardOptions } from '../../src/delivery/forward.ts';
import { admitAll } from '../../src/domain/admit.ts';
import { plainRoute, type Route } from '../../src/domain/route.ts';
import { toEntries } from '../../src/intake/to-entries.ts';
import { normaliseListRow } from '../../src/kapso/inbound/normalise.ts';
import type { JsonObject } from '../../src/simulator/json.ts';
import { openStore } from '../../src/store/open.ts';
import type { Entry, Store } from '../../src/store/store.ts';
import { listRow } from '../kapso/field-reports.ts';
import { phoneNumberId } from '../kapso/samples.ts';
import { manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';
import { plainAnswers } from './plain-answers.ts';
import { scriptedGateway } from './scripted-gateway.ts';

const start = 1_795_000_000;
const clock = manualClock(start * 1000);
const group = `${phoneNumberId}/group/G1`;
const [ann, bob, cem] = ['15550107001', '15550107002', '15550107003'];
const routes: Record<string, Partial<Route>> = {
  [`+${cem}`]: { role: 'admin', name: 'The boss', prompt: 'Be brief.', replyVia: 'agent', agent: 'sales' },
};

let dir: string;
let store: Store;
let gateway: ReturnType<typeof scriptedGateway>;
let shown: string[];
const routeOfKey = (key: string | null): Route => ({ ...plainRoute, ...routes[key ?? ''] });

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-groups-'));
  store = await openStore({ dir, clock });
  gateway = scriptedGateway();
  shown = [];
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

async function receive(...messages: [id: string, from: string, text: string, more?: JsonObject][]): Promise<void> {
  const items = messages.map(([id, from, body, more], at) =>
    normaliseListRow(
      listRow({ id, from, type: 'text', text: { body }, timestamp: String(start + at), group_id: 'G1', ...more }),
      { phoneNumberId, now: clock.now() },
    ),
  );
  const sessionFor = createSessionFor({ agent: 'main', session: 'per-sender', sharedSession: '' });
  const routeOf = ({ key }: { key: string }) => routeOfKey(key);
  await store.accept(
    toEntries(items, { account: phoneNumberId, sessionFor, routeOf, admit: admitAll, log: silentLog }),
  );
}

function forwarder(over: Partial<ForwardOptions> = {}) {
  return createForwarder({
    ...plainAnswers,
    store,
    gateway,
    clock,
    onTaken: ({ id }) => shown.push(`taken ${id}`),
    onTurnEnd: ({ id }) => shown.push(`ended ${id}`),
    emit: () => undefined,
    giveUp: () => ({ attempts: 8, after: 1, beforeNext: 3 }),
    routeOf: async ({ contact }: Entry) => routeOfKey(contact),
    isAddressed: async ({ text }) => text.includes('@us'),
    signal: new AbortController().signal,
    ...over,
  });
}

async function workOff(lane: string, turn = forwarder()): Promise<void> {
  for (let turns = 0; turns < 100; turns += 1) {
    const next = await turn(lane);
    if (next === 'empty') return;
    if (next !== 'more') clock.advance(next.until - clock.now());
  }
  expect.fail('it does not come to an end');
}

const outcomes = async () =>
  Object.fromEntries((await store.list({ limit: 50 })).map(({ id, outcome }) => [id.replace('wamid.', ''), outcome]));

it('a message that is not for the agent starts no run: the next one that is tells it, with its writer', async () => {
  await receive(
    ['wamid.A', ann, 'lunch?'],
    ['wamid.C', cem, 'at noon'],
    ['wamid.B', bob, '@us book a table'],
    ['wamid.D', ann, 'thanks'],
  );
  await workOff(group);
  const [run] = gateway.runs;
  expect(gateway.runs).toHaveLength(1);
  expect(run?.sessionKey).toMatch(/^agent:main:kapso:group:g1\+[0-9a-f]{16}$/);
  expect(run?.message.replace(/ at \S+Z, id \S+/g, '')).toBe(
    [
      'From: WhatsApp user (+15550107002) on WhatsApp in the group G1',
      '',
      'Noted before this message:',
      'From: WhatsApp user (+15550107001) on WhatsApp in the group G1',
      '> lunch?',
      'From: WhatsApp user (+15550107003, role admin) on WhatsApp in the group G1',
      '> at noon',
      '',
      'The message:',
      '> @us book a table',
    ].join('\n'),
  );
  expect(run?.systemPrompt).toContain('your final text of this turn to the group');
  expect(run?.systemPrompt).not.toContain('--to');
  expect(await outcomes()).toEqual({ A: 'context', C: 'context', B: 'answered', D: 'context' });
});

it('what is told to the agent does not wait for its gateway, and is told once', async () => {
  await receive(['wamid.A', ann, 'lunch?']);
  gateway.state.phase = 'waiting';
  await workOff(group);
  expect(await outcomes()).toEqual({ A: 'context' });
  gateway.state.phase = 'connected';
  await receive(['wamid.B', bob, '@us one', { timestamp: String(start + 10) }]);
  await receive(['wamid.C', bob, '@us two', { timestamp: String(start + 11) }]);
  await workOff(group);
  expect(gateway.runs.map(({ message }) => message.includes('lunch?'))).toEqual([true, false]);
});

it('a message waits while it cannot be said whether it is for the agent, and those after it too', async () => {
  await receive(['wamid.A', ann, 'maybe'], ['wamid.B', ann, '@us']);
  const answers = [null, null];
  await workOff(
    group,
    forwarder({
      isAddressed: async ({ text }) => (answers.length > 0 ? (answers.pop() ?? null) : text.includes('@us')),
    }),
  );
  expect(gateway.runs.map(({ runKey }) => runKey)).toEqual(['wamid.B']);
  expect(await outcomes()).toEqual({ A: 'context', B: 'answered' });
});

it('one that has been given to the agent is not judged again, and one that an operator insists on runs', async () => {
  await receive(['wamid.A', ann, 'not for it'], ['wamid.B', bob, '@us']);
  gateway.script.run = [new GatewayError('refused', 'not now')];
  await workOff(group);
  expect(await outcomes()).toEqual({ A: 'context', B: 'answered' });
  await store.retry(['wamid.A'], { force: true });
  await workOff(group, forwarder({ isAddressed: async () => false }));
  expect(gateway.runs.map(({ runKey }) => runKey)).toEqual(['wamid.B', 'wamid.B', 'wamid.A:2']);
});

it('the role, instruction and way of replies of a contact go with its runs', async () => {
  await receive(['wamid.C', cem, 'hello', { group_id: undefined }]);
  const via: unknown[] = [];
  const turn = forwarder({
    isAddressed: async () => true,
    via: route => {
      via.push(route.replyVia);
      return route.replyVia ?? 'relay';
    },
  });
  await workOff(`${phoneNumberId}/+${cem}`, turn);
  const [run] = gateway.runs;
  expect(run?.sessionKey).toBe(`agent:sales:kapso:direct:+${cem}`);
  expect(run?.message).toMatch(/^From: Ann \(\+15550107003, role admin\) on WhatsApp at /);
  expect(run?.systemPrompt).toContain('Be brief.');
  expect(run?.systemPrompt).toContain('known to the operator as "The boss"');
  expect(via).toEqual(['agent']);
  expect(run?.systemPrompt).toContain('not shown to the sender');
});

it('a contact who is only monitored is shown nothing, and the agent knows', async () => {
  await receive(['wamid.A', ann, 'hi', { group_id: undefined }]);
  const monitored = { ...plainRoute, mode: 'monitor' } as const;
  await workOff(
    `${phoneNumberId}/+${ann}`,
    forwarder({ isAddressed: async () => true, routeOf: async () => monitored }),
  );
  expect(gateway.runs).toHaveLength(1);
  expect(gateway.runs[0]?.systemPrompt).toContain('Do not answer');
  expect(shown).toEqual([]);
});
