/** Groups, roles and agents of contacts against a real OpenClaw. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bridge, type Poller, startBridge } from './bridge-fixture.ts';

const group = 'Y2FwaV9ncm91cDox==';
const [ann, ben] = ['+15550103001', '+15550103002'];
let bridge: Bridge;
let poller: Poller;

beforeAll(async () => {
  bridge = await startBridge();
  poller = await bridge.startPoller({
    KAPSO_GROUPS_POLICY: 'allowlist',
    KAPSO_GROUPS_ALLOW_FROM: group,
    KAPSO_ACCESS_CONTACTS: JSON.stringify([
      { id: ann, role: 'admin', prompt: 'Say what the colour of the day is: mauve.', session: 'kapso:family' },
      { id: ben, mode: 'monitor' },
    ]),
  });
});
afterAll(async () => {
  await bridge?.close();
});

const say = async (from: string, text: string, inGroup = true) => {
  const body = JSON.stringify({ from, text, ...(inGroup && { group }) });
  const response = await fetch(`${bridge.kapso.url}/__sim/inbound`, { method: 'POST', body });
  return ((await response.json()) as { ids: string[] }).ids;
};
const asked = (text: string) => bridge.openclaw.model.requests.find(one => !one.afterTool && one.text.includes(text));

it('what a group says before it asks is told to the agent, and the group gets the answer', async () => {
  await say(ben, 'shall we meet?');
  const ids = await say(ann, '@15550100200 when? [[say On *Friday*.]]');
  poller.pollNow();
  await poller.handled(ids);
  await bridge.sent(1);
  expect(bridge.answers(`group:${group}`)).toEqual(['On *Friday*.']);
  const request = asked('@15550100200 when?');
  expect(request?.text).toContain(`From: WhatsApp user (${ann}, role admin) on WhatsApp in the group ${group} at `);
  expect(request?.text).toMatch(/From: WhatsApp user \(\+15550103002\) .*\n> shall we meet\?/);
});

it('the agent answers the group by the command line, once, and no member', async () => {
  const command = `kapso-whatsapp-cli send --group ${group} --text 'by hand'`;
  const ids = await say(ann, `@15550100200 again [[exec ${command}]] [[then not for the group]]`);
  poller.pollNow();
  await poller.handled(ids);
  await bridge.sent(2);
  expect(bridge.kapso.sent().map(({ to, text }) => [to, text])).toEqual([
    [`group:${group}`, 'On *Friday*.'],
    [`group:${group}`, 'by hand'],
  ]);
});

it('a contact is answered in the session that is laid down, with its instruction', async () => {
  const ids = await say(ann, 'hello [[say hello Ann]]', false);
  poller.pollNow();
  await poller.handled(ids);
  await bridge.sent(3);
  expect(bridge.answers(ann)).toEqual(['hello Ann']);
  const { messages } = await bridge.openclaw.request<{ messages: { content: unknown }[] }>('chat.history', {
    sessionKey: 'agent:main:kapso:family',
  });
  expect(JSON.stringify(messages)).toContain(`From: Bob (${ann}, role admin) on WhatsApp at `);
});

it('a contact who is only monitored gets nothing', async () => {
  const ids = await say(ben, 'hello [[say hello Ben]]', false);
  poller.pollNow();
  await poller.handled(ids);
  expect(asked('hello [[say hello Ben]]')).toBeDefined();
  expect(bridge.answers(ben)).toEqual([]);
  expect(bridge.kapso.sent()).toHaveLength(3);
});
