import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { manualClock } from '../manual-clock.ts';
import { kapsoClient } from './kapso-client.ts';

const start = Date.parse('2026-11-22T12:00:00.000Z');
const clock = manualClock(start);
let kapso: KapsoSimulator;
let client: ReturnType<typeof kapsoClient>;

beforeEach(async () => {
  kapso = await startKapsoSimulator({ clock });
  client = kapsoClient(kapso);
});
afterEach(() => kapso.close());

describe('sending', () => {
  it('takes a text, answers as documented, and remembers what was sent to whom', async () => {
    const reply = await client.text('+15551234567', 'hello');
    const id = reply.body.messages[0].id;
    expect(reply.body).toEqual({
      messaging_product: 'whatsapp',
      contacts: [{ input: '+15551234567', wa_id: '15551234567' }],
      messages: [{ id: expect.stringMatching(/^wamid\./) }],
    });
    expect((await client.sim('GET', 'sent')).body.sent).toEqual([
      {
        ...{ id, to: '+15551234567', text: 'hello', type: 'text', object: { body: 'hello' } },
        ...{ quotes: null, callbackData: null, at: clock.now() },
      },
    ]);
  });

  it('keeps the callback data of a send, and lists it unless it is told not to', async () => {
    await client.send({ to: '15551234567', text: { body: 'x' }, biz_opaque_callback_data: 'mine' });
    expect(kapso.sent()).toMatchObject([{ callbackData: 'mine' }]);
    expect((await client.list()).body.data).toMatchObject([{ biz_opaque_callback_data: 'mine' }]);
    await client.sim('POST', 'config', { echoCallbackData: false });
    expect((await client.list()).body.data[0]).not.toHaveProperty('biz_opaque_callback_data');
  });

  it('takes a business-scoped user id as recipient, not as to', async () => {
    const text = { type: 'text', text: { body: 'x' } };
    expect((await client.send({ recipient: 'US.42', ...text })).body.contacts).toEqual([
      { input: 'US.42', wa_id: '', user_id: 'US.42' },
    ]);
    expect((await client.send({ to: 'US.42', ...text })).status).toBe(400);
  });

  it('takes a text for a group, and never a person there', async () => {
    const text = { type: 'text', text: { body: 'x' } };
    expect((await client.send({ recipient_type: 'group', to: 'G1', ...text })).body).toMatchObject({
      contacts: [{ input: 'G1' }],
    });
    expect((await client.send({ recipient_type: 'group', to: '15551234567', ...text })).status).toBe(400);
    expect((await client.send({ to: 'G1', ...text })).status).toBe(400);
    expect(kapso.sent()).toMatchObject([{ to: 'group:G1', text: 'x' }]);
    expect((await client.list()).body.data).toMatchObject([{ to: 'G1', recipient_type: 'group' }]);
  });

  it('opens the window of a group by what any member writes there, and no window of a member', async () => {
    await client.sim('POST', 'config', { enforceWindow: true });
    const text = { type: 'text', text: { body: 'x' } };
    await client.sim('POST', 'inbound', { from: '+15551234567', group: 'G1', text: 'hi' });
    expect((await client.send({ recipient_type: 'group', to: 'G1', ...text })).status).toBe(200);
    expect((await client.send({ to: '15551234567', ...text })).body.error.code).toBe(131047);
  });

  it.each([
    ['no product', { messaging_product: 'sms', to: '15551234567', text: { body: 'x' } }],
    ['no text', { to: '15551234567', type: 'text', text: {} }],
    ['no address', { type: 'text', text: { body: 'x' } }],
    ['two addresses', { to: '15551234567', recipient: 'US.42', text: { body: 'x' } }],
    ['a number that is none', { to: '0123', text: { body: 'x' } }],
    ['4097 characters', { to: '15551234567', text: { body: 'x'.repeat(4097) } }],
  ])('refuses %s as Meta does, and sends nothing', async (_, body) => {
    const reply = await client.send(body);
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 100, type: 'OAuthException' } } });
    expect(kapso.sent()).toEqual([]);
  });

  it('takes 4096 characters', async () => {
    expect((await client.text('15551234567', 'x'.repeat(4096))).status).toBe(200);
  });

  it('keeps the 24-hour window when it is told to', async () => {
    await client.sim('POST', 'config', { enforceWindow: true });
    const refused = await client.text('+15551234567', 'x');
    expect(refused.body.error.code).toBe(131047);
    await client.inbound({ from: '+15551234567', text: 'hi' });
    expect((await client.text('+15551234567', 'x')).status).toBe(200);
    await client.sim('POST', 'config', { clockOffset: 25 * 60 * 60 * 1000 });
    expect((await client.text('+15551234567', 'x')).body.error.code).toBe(131047);
  });

  it('counts texts that are sent side by side once each', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => client.text('15551234567', `${n}`)));
    expect(kapso.sent()).toHaveLength(20);
    expect((await client.sim('GET', 'state')).body.counts.sent).toBe(20);
  });
});

describe('reacting', () => {
  it('remembers what was set and taken off, and counts no text', async () => {
    const [messageId] = await client.inbound({ text: 'hi' });
    for (const emoji of ['👀', '']) {
      const reaction = { to: '15551234567', type: 'reaction', reaction: { message_id: messageId, emoji } };
      expect((await client.send(reaction)).body.messages).toEqual([{ id: expect.stringMatching(/^wamid\./) }]);
    }
    expect((await client.sim('GET', 'reactions')).body.reactions).toEqual([
      { messageId, emoji: '👀', at: clock.now() },
      { messageId, emoji: '', at: clock.now() },
    ]);
    expect(kapso.sent()).toEqual([]);
  });

  it.each([
    ['another message', { message_id: 'wamid.unknown', emoji: '👀' }],
    ['no emoji', { message_id: 'wamid.unknown' }],
  ])('refuses %s', async (_, reaction) => {
    expect(await client.send({ to: '15551234567', type: 'reaction', reaction })).toMatchObject({ status: 400 });
  });
});

describe('marking as read', () => {
  it('remembers the mark and whether typing was shown', async () => {
    const [messageId] = await client.inbound({ text: 'hi' });
    const mark = { status: 'read', message_id: messageId };
    expect((await client.send(mark)).body).toEqual({ success: true });
    await client.send({ ...mark, typing_indicator: { type: 'text' } });
    const { read } = (await client.sim('GET', 'read')).body;
    expect(read).toEqual([
      { messageId, typing: false, at: clock.now() },
      { messageId, typing: true, at: clock.now() },
    ]);
  });

  it('refuses a message that nobody wrote', async () => {
    expect((await client.send({ status: 'read', message_id: 'wamid.none' })).status).toBe(400);
  });
});
