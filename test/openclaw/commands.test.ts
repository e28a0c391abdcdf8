import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bridge, type Poller, sessionKey, startBridge } from './bridge-fixture.ts';

const admin = '+15550009999';
let bridge: Bridge;
let poller: Poller;

beforeAll(async () => {
  bridge = await startBridge();
  poller = await bridge.startPoller({
    KAPSO_ACCESS_CONTACTS: JSON.stringify([{ id: admin, role: 'admin' }]),
    KAPSO_ACCESS_COMMANDS_ENABLED: 'true',
  });
});
afterAll(() => bridge?.close());

async function write(...texts: string[]): Promise<string[]> {
  const ids = await bridge.write(admin, ...texts);
  poller.pollNow();
  return ids;
}

const answered = (text: string) => expect.poll(() => bridge.answers(admin), { timeout: 60_000 }).toContain(text);

describe('an operator of a real OpenClaw', () => {
  it('stops the run that is in progress, which is not run again, and the next message has its answer', async () => {
    const { model } = bridge.openclaw;
    const [question = ''] = await write('a long question [[hold stop]]');
    await model.held('stop');
    await write('!stop');
    await answered('The run was stopped.');
    const history = await bridge.openclaw.request('chat.history', { sessionKey: sessionKey(admin) });
    expect(history).not.toMatchObject({ sessionInfo: { hasActiveRun: true } });
    model.releaseAll();
    const asked = model.requests.filter(({ text }) => text.includes('a long question')).length;
    await poller.handled(await write('hello again'));
    expect(asked).toBe(1);
    const row = (await bridge.inbox()).find(({ id }) => id === question);
    expect(row).toMatchObject({ state: 'settled', outcome: 'stopped' });
  });

  it('begins a new session, of which the gateway knows no earlier message', async () => {
    await write('!new');
    await answered('Your next message begins a new session.');
    await poller.handled(await write('the first one'));
    const renewed = `${sessionKey(admin)}:session-2`;
    const { messages } = await bridge.openclaw.request<{ messages: { role: string; content: unknown }[] }>(
      'chat.history',
      { sessionKey: renewed },
    );
    const inputs = messages.filter(({ role }) => role === 'user').map(({ content }) => String(content));
    expect(inputs).toEqual([expect.stringContaining('> the first one')]);
    for (const { text } of bridge.openclaw.model.requests) expect(text).not.toMatch(/^> !/m);
  });
});
