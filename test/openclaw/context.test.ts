/** What a message speaks of reaches the model of a real OpenClaw beside it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bridge, type Poller, startBridge } from './bridge-fixture.ts';

const ada = '+15550106001';
let bridge: Bridge;
let poller: Poller;

beforeAll(async () => {
  bridge = await startBridge();
  poller = await bridge.startPoller();
});
afterAll(async () => {
  await bridge?.close();
});

/** Writes as the customer, and waits for the end of the run. */
async function write(message: object): Promise<string[]> {
  const body = JSON.stringify({ from: ada, ...message });
  const response = await fetch(`${bridge.kapso.url}/__sim/inbound`, { method: 'POST', body });
  const { ids } = (await response.json()) as { ids: string[] };
  poller.pollNow();
  await poller.handled(ids);
  return ids;
}

/** The same. Returns what the model was given last. */
async function asked(message: object): Promise<string> {
  await write(message);
  return bridge.openclaw.model.requests.findLast(({ afterTool }) => !afterTool)?.text ?? '';
}

it('an answer that the bridge sent, one that the agent sent by itself, and the words before an edit', async () => {
  await write({ text: 'when? [[say On *Friday*.]]' });
  await bridge.sent(1);
  const [answer] = bridge.kapso.sent();
  const reaction = { type: 'reaction', reaction: { message_id: answer?.id, emoji: '👍' } };
  expect(await asked({ message: reaction })).toMatch(
    /Message \S+, sent by you at \S+, says:\n> On \*Friday\*\.\n\nThe message:\n> \[reaction: 👍 to message /,
  );

  await write({
    text: `and where? [[exec kapso-whatsapp-cli send --to ${ada} --text 'In the blue room.']] [[then done]]`,
  });
  const sent = bridge.kapso.sent().find(({ text }) => text === 'In the blue room.');
  expect(await asked({ text: 'thanks [[say You are welcome.]]', replyTo: sent?.id })).toMatch(
    /sent by you at \S+, says:\n> In the blue room\.\n\nThe message:\n> \[in reply to message /,
  );

  const [chairs] = await write({ text: 'five chairs [[say Noted.]]' });
  const edit = {
    original_message_id: chairs,
    message: { type: 'text', text: { body: 'six chairs [[say Six then.]]' } },
  };
  expect(await asked({ message: { type: 'edit', edit } })).toMatch(
    /written by the sender at \S+, said before:\n> five chairs .*\n\nThe message:\n> \[edited: .*\]\n> six chairs/,
  );
});
