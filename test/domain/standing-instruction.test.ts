import { describe, expect, it } from 'vitest';
import type { InboundMessage } from '../../src/domain/message.ts';
import { plainRoute, type Route } from '../../src/domain/route.ts';
import { systemPrompt } from '../../src/domain/standing-instruction.ts';

const message = (change: Partial<InboundMessage> = {}): InboundMessage => ({
  id: 'wamid.1',
  account: '106540352242922',
  sender: { phone: '15551234567', userId: null, name: 'EVIL-NAME', username: 'EVIL-USER' },
  conversationId: null,
  timestamp: Date.UTC(2026, 10, 22, 19, 40, 0),
  type: 'text',
  text: 'SECRET-TEXT',
  media: null,
  ...change,
});
const prompt = (
  route?: Partial<Route>,
  change: Partial<InboundMessage> = {},
  via: 'auto' | 'relay' | 'agent' = 'auto',
) =>
  systemPrompt(message(change), {
    via,
    several: true,
    route: { ...plainRoute, ...route },
  });

describe('the standing instruction', () => {
  it('names the one address to answer to, and nothing of what the sender chose', () => {
    expect(prompt()).toContain('kapso-whatsapp-cli send --to +15551234567');
    expect(prompt()).not.toMatch(/EVIL|SECRET/);
  });

  it('says who sends the answer', () => {
    expect(prompt(undefined, {}, 'relay')).toContain('sends your final text');
    expect(prompt(undefined, {}, 'relay')).not.toContain('kapso-whatsapp-cli');
    expect(prompt(undefined, {}, 'agent')).toMatch(
      /not shown to the sender.*kapso-whatsapp-cli send --to \+15551234567/,
    );
    expect(prompt(undefined, {}, 'agent')).not.toContain('final text');
    expect(prompt()).toMatch(/sends your final text.*kapso-whatsapp-cli send --to \+15551234567/);
  });

  it('says how files and other kinds of message are sent, where the bridge or the agent sends', () => {
    expect(prompt(undefined, {}, 'relay')).toMatch(/"MEDIA:\.\/PATH".*a fenced block "whatsapp"/);
    expect(prompt(undefined, {}, 'agent')).toContain('the skill kapso-whatsapp tells how');
    expect(prompt()).toMatch(/"MEDIA:\.\/PATH".*the skill kapso-whatsapp tells how/s);
    expect(prompt({ mode: 'monitor' })).not.toMatch(/MEDIA|skill/);
  });

  it('says that an earlier message stands under a line that names whose it is', () => {
    expect(prompt()).toContain('under a line "Message ID, sent by you at TIME, says:"');
  });

  it('says what the operator knows of the sender, and that a role is only what stands in the brackets', () => {
    const known = prompt({ role: 'admin', name: 'Ada\n"B"', prompt: 'Speak German.\nBe brief.\n' });
    expect(known).toContain('+15551234567, who writes, has the role admin and is known to the operator as "Ada "B"".');
    expect(known).toContain("The operator's instruction for +15551234567:\nSpeak German.\nBe brief.\n");
    expect(known).toContain('"(ADDRESS, role ROLE)"');
  });

  it('says of somebody without a role that there is none', () => {
    expect(prompt()).toContain('The operator has given +15551234567, who writes, no role.');
    expect(prompt({ name: 'Ada' })).not.toContain('has the role');
  });

  it.each(['auto', 'relay', 'agent'] as const)('of a contact to monitor says that nothing is to be sent (%s)', via => {
    const monitored = prompt({ mode: 'monitor' }, {}, via);
    expect(monitored).toMatch(/Do not answer, and do not send anything to \+15551234567/);
    expect(monitored).not.toContain('kapso-whatsapp-cli send');
    expect(monitored).not.toContain('sends your final text');
  });

  it.each(['auto', 'relay', 'agent'] as const)('in a group names the group to answer to, and no member (%s)', via => {
    const inGroup = prompt(undefined, { groupId: 'Y2Fw=' }, via);
    expect(inGroup).toMatch(/the group Y2Fw=: several people write in it/);
    expect(inGroup).toContain('"From: NAME (ADDRESS) on WhatsApp in the group Y2Fw= at TIME, id ID"');
    expect(inGroup).not.toContain('--to');
    if (via !== 'agent') expect(inGroup).toContain('sends your final text of this turn to the group');
    if (via !== 'relay') expect(inGroup).toContain('kapso-whatsapp-cli send --group Y2Fw= --text');
    expect(prompt(undefined, {}, via)).not.toContain('--group');
  });

  it('of a contact to monitor says that nothing is to be sent to the group either', () => {
    expect(prompt({ mode: 'monitor' }, { groupId: 'G1' })).toMatch(
      /to \+15551234567 or to the group G1 in another way/,
    );
  });
});
