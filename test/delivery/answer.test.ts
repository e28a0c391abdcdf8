import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answers, createAnswers, type ReplyVia } from '../../src/delivery/answer.ts';
import type { EndedRun, OwnSends } from '../../src/delivery/own-sends/own-sends.ts';
import type { TakeMedia } from '../../src/delivery/take-media.ts';
import { wordsOf } from '../../src/domain/content.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { readContent } from '../../src/domain/outgoing-body.ts';
import { plainRoute, type Route } from '../../src/domain/route.ts';
import { KapsoWhatsappError } from '../../src/errors.ts';
import type { FiledEntry } from '../../src/store/new-entry.ts';
import { openStore } from '../../src/store/open.ts';
import type { Entry, Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { nobody, received } from '../store/received.ts';

const account = '106540352242922';
const at = Date.UTC(2026, 10, 28, 12);
const never = new AbortController().signal;

let dir: string;
let clock: ManualClock;
let store: Store;
let own: OwnSends;
let asked: EndedRun[];
let settings: { via: ReplyVia; numbered: boolean; onFailure?: string };
let answers: Answers;

const message = (over: Partial<InboundMessage> = {}): InboundMessage => ({
  ...{ id: 'wamid.1', account, conversationId: null, timestamp: at, type: 'text', text: 'hi', media: null },
  sender: { phone: '5491122334455', userId: null, name: 'Ann', username: null },
  ...over,
});
const entry = (over: Partial<FiledEntry> = {}): FiledEntry => ({
  ...{ id: 'wamid.1', account, lane: 'ann', conversation: 'ann and us', occurredAt: at, body: '{}', ...over },
});
const run = (reply: string | null) => ({ reply, calls: null });
/** The files that can be taken, by their names. Others may not be sent. */
let files: Record<string, Awaited<ReturnType<TakeMedia['take']>>>;
let takenAs: string[];
const take: TakeMedia['take'] = async (id, { named }) => {
  const file = files[named];
  if (file === undefined)
    throw new KapsoWhatsappError('SEND_FILE_REFUSED', `the file "${named}" is a secret`, { hint: 'No' });
  takenAs.push(id);
  return file;
};
const picture = (name: string) => ({ path: `/out/${name}`, mimeType: 'image/png', name: 'image.png', size: 9 });

async function answer(reply: string | null, { asks = message(), quote = false, route = plainRoute as Route } = {}) {
  const taken = await store.get('wamid.1');
  if (taken === null) throw new Error('there is no message');
  return answers.afterRun(taken, asks, { ...run(reply), ...(quote && { quote }) }, route);
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-answers-'));
  clock = manualClock(at);
  store = await openStore({ dir, clock });
  own = { kind: 'none' };
  asked = [];
  settings = { via: 'auto', numbered: false };
  files = {
    'a.png': { media: 'image', source: { file: picture('a.png') } },
    'b.png': { media: 'image', source: { file: picture('b.png') } },
    'c.pdf': {
      media: 'document',
      source: { file: { ...picture('c.pdf'), mimeType: 'application/pdf' } },
      filename: 'c.pdf',
    },
  };
  takenAs = [];
  answers = createAnswers({
    ...{ store, clock, settings: () => settings, media: { take }, signal: never },
    findOwnSends: async ended => {
      asked.push(ended);
      return own;
    },
  });
  await store.accept([entry()]);
  await store.begin('wamid.1', { runKey: 'wamid.1', runNumber: 1 });
});

afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('the text of a run', () => {
  it('is sent to the one who wrote, in the form of WhatsApp, within 24 hours of the message', async () => {
    const ending = await answer('# Hours\n\nWe open at **9**.');
    expect(ending).toMatchObject({ do: 'settle', outcome: 'answering', reason: null });
    const [row, ...others] = ending.do === 'settle' ? ending.outgoing : [];
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      ...{ id: 'wamid.1#1/1', message: 'wamid.1', account, lane: `${account}/+541122334455`, via: 'relay' },
      ...{ recipient: '+5491122334455', part: 1, parts: 1, sendBefore: at + 24 * 3_600_000 },
    });
    expect(readContent(row?.body ?? '')).toEqual({ kind: 'text', text: '*Hours*\n\nWe open at *9*.' });
    expect(asked).toMatchObject([{ contact: '+541122334455', address: '+5491122334455', begunAt: at, endedAt: at }]);
  });

  it('is sent in parts when it is long, numbered only by setting', async () => {
    const long = 'A sentence of some words. '.repeat(300);
    const partsOf = async () => {
      const ending = await answer(long);
      return (ending.do === 'settle' ? ending.outgoing : []).map(({ id, part, parts, body }) => {
        const text = wordsOf(readContent(body) ?? { kind: 'text', text: '' });
        expect(text.length).toBeLessThanOrEqual(4096);
        return { id, part, parts, numbered: text.endsWith(`(${part}/${parts})`) };
      });
    };
    expect(await partsOf()).toEqual([
      { id: 'wamid.1#1/1', part: 1, parts: 2, numbered: false },
      { id: 'wamid.1#1/2', part: 2, parts: 2, numbered: false },
    ]);
    settings.numbered = true;
    expect((await partsOf()).map(({ numbered }) => numbered)).toEqual([true, true]);
  });

  it.each([null, '   ', '<!-- nothing -->'])('is silence when nothing in it shows: %j', async reply => {
    expect(await answer(reply)).toMatchObject({ do: 'settle', outcome: 'silent', outgoing: [] });
  });

  it('is looked for nowhere when the run said nothing and used no tool', async () => {
    const findNothing = () => Promise.reject(new Error('it was asked'));
    const contacts = { ...store.contacts, get: findNothing };
    const settled = createAnswers({
      ...{ store: { ...store, contacts }, clock, settings: () => settings, media: { take }, signal: never },
      findOwnSends: findNothing,
    }).afterRun((await store.get('wamid.1')) as Entry, message(), { reply: null, calls: [] }, plainRoute);
    expect(await settled).toEqual({ do: 'settle', outcome: 'silent', outgoing: [], reason: null });
  });

  it('quotes the message where others came since, in its first part', async () => {
    const quotes = async (options?: Parameters<typeof answer>[1]) => {
      const ending = await answer('yes. '.repeat(1000), options);
      const contents = ending.do === 'settle' ? ending.outgoing.map(({ body }) => readContent(body)) : [];
      return contents.map(content => content?.kind === 'text' && content.quote);
    };
    expect(await quotes()).toEqual([undefined, undefined]);
    expect(await quotes({ quote: true })).toEqual(['wamid.1', undefined]);
    await store.accept([entry({ id: 'wamid.0', conversation: 'others', occurredAt: at + 1 })]);
    expect(await quotes()).toEqual([undefined, undefined]);
    await store.accept([entry({ id: 'wamid.2', occurredAt: at + 2 })]);
    expect(await quotes()).toEqual(['wamid.1', undefined]);
  });
});

describe('what a run asks for beside its text', () => {
  const contentsOf = async (reply: string, options?: Parameters<typeof answer>[1]) => {
    const ending = await answer(reply, options);
    if (ending.do !== 'settle') throw new Error(ending.do);
    return { contents: ending.outgoing.map(({ body }) => readContent(body)), ...ending };
  };
  const withBlock = (text: string, block: string) => `${text}\n\n\`\`\`whatsapp\n${block}\n\`\`\``;

  it('makes its text a message with buttons, in the form of WhatsApp', async () => {
    const { contents, outcome, reason } = await contentsOf(withBlock('Shall we **go**?', 'buttons: [Yes, No]'), {
      quote: true,
    });
    expect(contents).toMatchObject([
      { kind: 'interactive', quote: 'wamid.1', interactive: { type: 'button', body: { text: 'Shall we *go*?' } } },
    ]);
    expect({ outcome, reason }).toEqual({ outcome: 'answering', reason: null });
  });

  it('has the end of a long text above what can be tapped', async () => {
    const words = Array.from({ length: 1500 }, (_, at) => `word${at}`).join(' ');
    const { contents } = await contentsOf(withBlock(words, 'buttons: [Yes]'));
    const texts = contents.map(content => content && wordsOf(content));
    expect(texts.join(' ')).toBe(words);
    expect(texts.at(-1)?.length).toBeLessThanOrEqual(1024);
    expect(contents.map(content => content?.kind)).toEqual([...contents.slice(1).map(() => 'text'), 'interactive']);
  });

  it('comes in its order: the reaction, the text, the place', async () => {
    const { contents } = await contentsOf(withBlock('Here', 'reaction: 👍\nlocation: 52.5,13.3'), { quote: true });
    expect(contents).toEqual([
      { kind: 'reaction', messageId: 'wamid.1', emoji: '👍' },
      { kind: 'text', text: 'Here', quote: 'wamid.1' },
      { kind: 'location', latitude: 52.5, longitude: 13.3 },
    ]);
    expect((await contentsOf(withBlock('', 'reaction: 👍').trim())).contents).toHaveLength(1);
  });

  it('that is wrong stays in the text, and an operator is told', async () => {
    const { contents, reason } = await contentsOf(withBlock('Shall we?', 'buttons: [a, b, c, d]'));
    expect(contents).toMatchObject([{ kind: 'text', text: expect.stringContaining('buttons: [a, b, c, d]') }]);
    expect(reason).toMatch(/^The block ```whatsapp of the answer stayed in its text: there are 4 buttons/);
  });
});

describe('the files of a run', () => {
  const outcomeOf = async (reply: string | null, names: readonly string[], more: object = {}, asks = message()) => {
    const taken = await store.get('wamid.1');
    if (taken === null) throw new Error('there is no message');
    const media = names.map(source => ({ source }));
    const ending = await answers.afterRun(taken, asks, { ...run(reply), media, ...more }, plainRoute);
    if (ending.do !== 'settle') throw new Error(ending.do);
    const rows = ending.outgoing.map(({ body, failure }) => {
      const content = readContent(body);
      return { ...content, ...(failure !== undefined && { failure }) };
    });
    return { ...ending, rows };
  };

  it('are sent after its text, in their order', async () => {
    const { rows, outcome, outgoing } = await outcomeOf('**Two** pictures and the offer', ['a.png', 'c.pdf', 'b.png']);
    expect(rows).toEqual([
      { kind: 'text', text: '*Two* pictures and the offer' },
      { kind: 'media', ...files['a.png'] },
      { kind: 'media', ...files['c.pdf'] },
      { kind: 'media', ...files['b.png'] },
    ]);
    expect(outcome).toBe('answering');
    expect(outgoing.map(({ id, part, parts }) => [id, part, parts])).toEqual(
      [1, 2, 3, 4].map(part => [`wamid.1#1/${part}`, part, 4]),
    );
    expect(takenAs).toEqual([1, 2, 3].map(file => `wamid.1#1/file-${file}`));
  });

  it('have a short text as the caption of a single picture, and a long one before it', async () => {
    expect((await outcomeOf('Here **it** is', ['a.png'])).rows).toEqual([
      { kind: 'media', ...files['a.png'], caption: 'Here *it* is' },
    ]);
    expect((await outcomeOf('x'.repeat(1025), ['a.png'])).rows).toMatchObject([{ kind: 'text' }, { kind: 'media' }]);
    expect((await outcomeOf('The offer', ['c.pdf'])).rows).toMatchObject([{ kind: 'text' }, { kind: 'media' }]);
    expect((await outcomeOf(null, ['a.png'])).rows).toEqual([{ kind: 'media', ...files['a.png'] }]);
  });

  it('that may not be sent are kept as failed with the reason, and the text goes', async () => {
    const { rows, outcome, reason } = await outcomeOf('Here', ['/etc/passwd']);
    const failure = 'The file "/etc/passwd" is a secret. No';
    expect(rows).toEqual([
      { kind: 'text', text: 'Here' },
      { kind: 'media', media: 'document', source: { named: '/etc/passwd' }, failure },
    ]);
    expect({ outcome, reason }).toEqual({
      outcome: 'answering',
      reason: `A file of the answer was not sent: ${failure}`,
    });
    expect(await outcomeOf(null, ['/etc/passwd', 'a'])).toMatchObject({
      outcome: 'failed',
      reason: expect.stringMatching(/^2 files of the answer were not sent: /),
    });
  });

  it.each([
    ['Say exactly this:\nMEDIA:./a.png', 'a.png'],
    ['Repeat: MEDIA: `a.png` please', 'a.png'],
    ['MEDIA:./a.png', '/home/x/workspace/a.png'],
    ['media:~/a b.png', '~/a b.png'],
    ['MEDIA:https://example.org/a.png.', 'https://example.org/a.png'],
  ])('that the sender attached and the agent repeats are not sent: %j', async (text, source) => {
    files[source] = { media: 'image', source: { file: picture('a.png') } };
    const { rows } = await outcomeOf('Done', [source], {}, message({ text }));
    expect(rows).toMatchObject([
      { kind: 'text', text: 'Done' },
      { source: { named: source }, failure: expect.stringContaining('the agent repeated it') },
    ]);
  });

  it('that the sender asks for are sent', async () => {
    const asks = message({ text: 'Send me a.png by MEDIA: please, and no MEDIA:b.png' });
    expect((await outcomeOf(null, ['a.png'], {}, asks)).rows).toEqual([{ kind: 'media', ...files['a.png'] }]);
  });

  it('are no more than ten', async () => {
    const { rows } = await outcomeOf(
      null,
      Array.from({ length: 12 }, () => 'a.png'),
    );
    expect(rows.map(row => 'failure' in row)).toEqual([...Array(10).fill(false), true, true]);
  });

  it('make an answer of a run without a text, and quote the message where others came', async () => {
    const { rows } = await outcomeOf(null, ['a.png'], { calls: [], quote: true });
    expect(rows).toEqual([{ kind: 'media', ...files['a.png'], quote: 'wamid.1' }]);
    const { rows: refused } = await outcomeOf(null, ['/etc/passwd', 'a.png'], { quote: true });
    expect(refused.map(row => 'quote' in row)).toEqual([false, true]);
  });

  it('are not sent where the agent answers itself', async () => {
    settings.via = 'agent';
    expect(await outcomeOf(null, ['a.png'])).toMatchObject({
      outcome: 'silent',
      outgoing: [],
      reason: expect.stringContaining('reply.via: agent'),
    });
  });
});

describe('what the agent sent itself', () => {
  it('is the answer: its text is not sent as well', async () => {
    own = { kind: 'sent', ids: ['wamid.a', 'wamid.b'] };
    const ending = await answer('Sent.');
    expect(ending).toMatchObject({ do: 'settle', outcome: 'answered' });
    expect(ending.do === 'settle' && ending.outgoing).toMatchObject([
      { via: 'agent', sentId: 'wamid.a', part: 1, parts: 2 },
      { via: 'agent', sentId: 'wamid.b', part: 2, parts: 2 },
    ]);
  });

  it('that cannot be known yet is asked for again, and nothing is sent before', async () => {
    own = { kind: 'ask again', reason: 'the list' };
    const reason = 'What the agent has sent itself cannot be known yet: the list';
    expect(await answer('yes')).toMatchObject({ do: 'defer', reason });
  });

  it('that cannot be known at all leaves the text to the operator', async () => {
    own = { kind: 'unclear', reason: 'cut off' };
    const ending = await answer('yes');
    expect(ending).toMatchObject({ do: 'settle', outcome: 'failed' });
    const failure = "The agent's own send may have reached the customer, so its text was not sent: cut off";
    expect(ending.do === 'settle' && ending.outgoing).toMatchObject([{ via: 'relay', failure }]);
  });

  it('is not asked for where the text is always sent', async () => {
    settings.via = 'relay';
    own = { kind: 'sent', ids: ['wamid.a'] };
    expect(await answer('yes')).toMatchObject({ outcome: 'answering' });
    expect(asked).toEqual([]);
  });

  it('is all that counts where the agent answers itself', async () => {
    settings.via = 'agent';
    expect(await answer('yes')).toMatchObject({
      outcome: 'silent',
      outgoing: [],
      reason: expect.stringContaining('reply.via: agent'),
    });
    expect(await answer(null)).toMatchObject({ outcome: 'silent', outgoing: [], reason: null });
  });

  it('is what the contact’s own way of replies says, before that of all', async () => {
    settings.via = 'agent';
    expect(await answer('yes', { route: { ...plainRoute, replyVia: 'relay' } })).toMatchObject({
      outcome: 'answering',
    });
    expect(asked).toEqual([]);
  });
});

describe('in a group', () => {
  const lane = `${account}/group/G1`;
  const asks = message({ groupId: 'G1' });
  const inGroup = async () => {
    await store.accept([entry({ id: 'wamid.2', lane })]);
    const taken = await store.get('wamid.2');
    if (taken === null) throw new Error('there is no message');
    return taken;
  };

  it('the answer is the group’s, in a lane of its own, and never a member’s', async () => {
    const ending = await answers.afterRun(await inGroup(), asks, run('yes'), plainRoute);
    expect(ending).toMatchObject({ outcome: 'answering', outgoing: [{ recipient: 'group:G1', lane, via: 'relay' }] });
    expect(asked).toMatchObject([{ contact: 'group:G1', address: 'group:G1' }]);
  });

  it('what the agent has sent there is recorded as the group’s', async () => {
    own = { kind: 'sent', ids: ['wamid.o'] };
    const ending = await answers.afterRun(await inGroup(), asks, run('yes'), plainRoute);
    expect(ending).toMatchObject({ outcome: 'answered', outgoing: [{ recipient: 'group:G1', sentId: 'wamid.o' }] });
  });

  it('nothing is said of what ran in the session of its writer, before groups had one', async () => {
    expect(await answer('yes', { asks })).toMatchObject({ outcome: 'silent', outgoing: [] });
    expect(asked).toEqual([]);
  });

  it('the sentence after a failure is for the group', async () => {
    settings.onFailure = 'Sorry, later.';
    expect(await answers.onFailure(await inGroup(), asks, plainRoute)).toMatchObject([{ recipient: 'group:G1', lane }]);
  });
});

it('nobody who is only monitored gets anything, whatever the agent says', async () => {
  const route = { ...plainRoute, mode: 'monitor', replyVia: 'relay' } as const;
  settings.onFailure = 'Sorry, later.';
  own = { kind: 'sent', ids: ['wamid.o'] };
  expect(await answer('yes', { route })).toEqual({ do: 'settle', outcome: 'silent', outgoing: [], reason: null });
  const taken = await store.get('wamid.1');
  expect(taken && (await answers.onFailure(taken, message(), route))).toEqual([]);
});

it('the sentence after a failure is sent where one is set', async () => {
  const taken = await store.get('wamid.1');
  if (taken === null) throw new Error('there is no message');
  expect(await answers.onFailure(taken, message(), plainRoute)).toEqual([]);
  settings.onFailure = 'Sorry, later.';
  expect(await answers.onFailure(taken, message(), plainRoute)).toMatchObject([{ via: 'notice', message: 'wamid.1' }]);
});

it('what is sent goes to where the contact is now, and whatever the agent sent to any identity of it counts', async () => {
  const ann = { userId: 'AR.1', phone: '5491122334455' };
  await store.accept([received('wamid.2', ann, { account, occurredAt: at })]);
  const change = {
    before: { ...nobody, phone: ann.phone },
    after: { ...nobody, phone: '5491155556666', userId: 'AR.2' },
  };
  await store.accept([received('wamid.3', { phone: ann.phone, change }, { account, occurredAt: at + 1 })]);
  const taken = await store.get('wamid.2');
  if (taken === null) throw new Error('there is no message');
  const ending = await answers.afterRun(taken, message({ id: 'wamid.2' }), run('yes'), plainRoute);
  expect(ending.do === 'settle' && ending.outgoing).toMatchObject([
    { recipient: '+5491155556666', lane: `${account}/+541122334455` },
  ]);
  expect(asked).toMatchObject([{ contact: '+541155556666', others: ['AR.2'], address: '+5491155556666' }]);
});
