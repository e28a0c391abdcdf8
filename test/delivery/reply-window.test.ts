import { describe, expect, it } from 'vitest';
import { readContent, writeContent } from '../../src/domain/outgoing-body.ts';
import { account, hour, lane, reply, replyStage, start } from './reply-stage.ts';

const at = replyStage();
const { stateOf, texts } = at;

describe('after 24 hours', () => {
  const late = start + 24 * hour;

  it('a reply fails at once, with what would help', async () => {
    await at.store.outbox.add([reply('a')]);
    at.kapsoNow = late;
    at.clock.set(late - start);
    await at.turn(lane);
    expect(at.sends).toEqual([]);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131047 });
    expect((await at.store.outbox.get('a'))?.reason).toContain('reply.template');
  });

  it('a reply goes out as the template where one is set', async () => {
    at.settings.template = 'late_answer';
    await at.store.outbox.add([
      reply('a', { body: writeContent({ kind: 'text', text: 'two\nlines', quote: 'wamid.q' }) }),
    ]);
    at.kapsoNow = late;
    at.clock.set(late - start);
    await at.turn(lane);
    const template = { kind: 'template', name: 'late_answer', language: 'en', text: 'two lines' };
    expect(at.sends.map(({ content }) => content)).toEqual([template]);
    expect(readContent((await at.store.outbox.get('a'))?.body ?? '')).toEqual(template);
  });

  const written = { id: 'm', account, lane: 'any', contact: '+15551234567', occurredAt: start + 2 * hour, body: '{}' };
  const group = `${account}/group/G1`;

  it('a reply is sent when the contact has written since', async () => {
    await at.store.outbox.add([reply('a')]);
    await at.store.accept([{ ...written, conversation: lane }]);
    at.kapsoNow = late + hour;
    at.clock.set(at.kapsoNow - start);
    expect(await at.turn(lane)).toBe('more');
    expect(texts()).toEqual(['text of a']);
  });

  it('a reply is not sent because of what the contact has written in a group since: that opens only the group', async () => {
    await at.store.outbox.add([reply('a'), reply('b', { lane: group, recipient: 'group:G1' })]);
    await at.store.accept([{ ...written, lane: group }]);
    at.kapsoNow = late + hour;
    at.clock.set(at.kapsoNow - start);
    for (const one of [lane, group]) await at.turn(one);
    expect(at.sends.map(({ to }) => to)).toEqual(['group:G1']);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131047 });
  });

  it.each([
    ['this machine', late + hour, null],
    ['this machine, against Kapso', late + hour, start],
    ['Kapso', start, late + hour],
  ])('nothing is held back because of the clock of %s alone', async (_of, own, kapso) => {
    await at.store.outbox.add([reply('a')]);
    at.clock.set(own - start);
    at.kapsoNow = kapso;
    await at.turn(lane);
    expect(texts()).toEqual(['text of a']);
  });

  it('what Kapso refuses for that reason goes out as the template', async () => {
    at.settings.template = 'late_answer';
    await at.store.outbox.add([reply('a')]);
    at.results = [{ kind: 'refused', window: true, code: 131047, reason: 'closed', other: null }];
    await at.turn(lane);
    expect(at.sends.map(({ content }) => content.kind)).toEqual(['text', 'template']);
    expect(new Set(at.sends.map(({ mark }) => mark)).size).toBe(2);
    expect(await stateOf('a')).toBe('sent');
  });
});

it('a reply with buttons goes as a template with its words when its time is over', async () => {
  const interactive = { type: 'button', body: { text: 'Shall we?' }, action: {} };
  await at.store.outbox.add([reply('a', { body: writeContent({ kind: 'interactive', interactive }) })]);
  at.settings.template = 'late';
  at.kapsoNow = at.clock.now() + 25 * hour;
  at.clock.advance(25 * hour);
  expect(await at.turn(lane)).toBe('more');
  expect(at.sends.map(({ content }) => content)).toEqual([
    { kind: 'template', name: 'late', language: 'en', text: 'Shall we?' },
  ]);
});
