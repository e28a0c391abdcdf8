import { describe, expect, test } from 'vitest';
import { replyAddress } from '../../src/domain/message.ts';
import { normaliseWebhook } from '../../src/kapso/inbound/normalise.ts';
import type { JsonObject } from '../../src/simulator/json.ts';
import { type Form, fieldReport, forms, listRow, messagesOf, readAs } from './field-reports.ts';
import { messageOf, phoneNumberId } from './samples.ts';

/** What each message of a report reads as: by Meta's object, and by v1, which has Kapso's rendering alone. */
interface Reading {
  from: string;
  notice?: string;
  text: string;
  /** The rendering that v1 carries, and what comes of it. */
  v1: { content: string | null; text: string; notice?: string };
}

const readings: Record<string, Reading[]> = {
  'B06-number-changed': [
    {
      from: '+573005550001',
      notice: 'number-change',
      text: '[number changed from +573005550001 to +573005550002]',
      v1: {
        content: 'User changed from 573005550001 to 573005550002',
        notice: 'number-change',
        text: '[number changed from +573005550001 to +573005550002: User changed from 573005550001 to 573005550002]',
      },
    },
    {
      from: '+4917055500001',
      notice: 'number-change',
      text: '[number changed from +4917055500001 to +4917055500002]',
      v1: {
        content: 'Ann hat die Nummer gewechselt: +49 170 55500001 → +49 170 55500002',
        notice: 'number-change',
        text:
          '[number changed from +4917055500001 to +4917055500002: ' +
          'Ann hat die Nummer gewechselt: +49 170 55500001 → +49 170 55500002]',
      },
    },
  ],
  'B08-no-content-no-run': [
    {
      from: '+15550107001',
      notice: 'identity-change',
      text: '[system: Ann has a new security code]',
      v1: {
        content: 'Ann has a new security code',
        notice: 'system-notice',
        text: '[system: Ann has a new security code]',
      },
    },
    {
      from: '+15550107001',
      notice: 'reaction-removed',
      text: '[reaction removed from message wamid.X]',
      v1: { content: null, notice: 'reaction-removed', text: '[reaction removed]' },
    },
  ],
  'B09-edit-text': [
    {
      from: '+15550107001',
      notice: 'edit',
      text: '[edited: this takes the place of message wamid.FIRST]\nsix chairs, not five',
      v1: {
        content: 'six chairs, not five',
        notice: 'edit',
        text: '[edited: this takes the place of an earlier message]\nsix chairs, not five',
      },
    },
  ],
  'B09-revoke': [
    {
      from: '+15550107001',
      notice: 'deletion',
      text: '[deleted: the sender deleted message wamid.FIRST]',
      v1: { content: null, notice: 'deletion', text: '[deleted: the sender deleted an earlier message]' },
    },
  ],
  'B09-type-not-known-keeps-content': [
    {
      from: '+15550107001',
      text:
        '[message of type "poll", which cannot be shown]\n' +
        '{"name":"Which day?","options":[{"name":"Monday"},{"name":"Friday"}]}',
      v1: {
        content: 'Which day? Monday, Friday',
        text: '[message of type "poll", which cannot be shown]\nWhich day? Monday, Friday',
      },
    },
  ],
  'B13-flow-escapes': [
    {
      from: '+15550107001',
      text: '[form answered: flow]\nville: Liège\navis: ✅ شكرا',
      v1: {
        content: '{"ville":"Li\\u00e8ge","avis":"\\u2705 \\u0634\\u0643\\u0631\\u0627","flow_token":"tok-991"}',
        text: '[form answered]\nville: Liège\navis: ✅ شكرا',
      },
    },
  ],
};

describe.each(Object.entries(readings))('%s', (name, expected) => {
  const report = fieldReport(name);
  const messages = messagesOf(report);

  test.each(forms)('as %s reads as a message that says it', form => {
    for (const [index, message] of messages.entries()) {
      const right = expected[index] as Reading;
      const { text, notice } = form === 'v1' ? right.v1 : right;
      const read = messageOf(readAs(form, listRow(message, form === 'v1' ? right.v1.content : null)));
      expect(read.text).toBe(text);
      expect(read.notice).toBe(notice);
      expect(replyAddress(read.sender)).toBe(right.from);
      for (const absent of report.expect.absent ?? []) expect(read.text).not.toMatch(absent);
    }
  });
});

describe('B07: a user id that changes, without a sender', () => {
  const [message = {}] = messagesOf(fieldReport('B07-user-id-changed-no-from'));

  test.each<Form>(['meta', 'list', 'v2', 'v2-batch'])('as %s belongs to who the contact was before', form => {
    const read = messageOf(readAs(form, listRow(message)));
    expect(read.sender).toMatchObject({ phone: null, userId: 'CO.7000000000000000001' });
    expect(read.notice).toBe('user-id-change');
    expect(read.text).toBe('[user id changed from CO.7000000000000000001 to MX.7000000000000000001]');
  });

  test('as v1 belongs to the conversation’s number', () => {
    const row = listRow({ ...message, from: '15550107001' }, 'The user id has changed');
    const read = messageOf(readAs('v1', row));
    expect(read).toMatchObject({ notice: 'system-notice', text: '[system: The user id has changed]' });
    expect(replyAddress(read.sender)).toBe('+15550107001');
  });

  test('belongs to the new one where the old one is not given, and is not lost', () => {
    const { previous_user_id: _, ...system } = message.system as JsonObject;
    const read = messageOf(readAs('meta', { ...message, system }));
    expect(read.sender.userId).toBe('MX.7000000000000000001');
  });
});

/** v1 has no ids, and no fields of a notice. */
const structured = forms.filter(form => form !== 'v1');

describe('B06, B07: what becomes of identities', () => {
  const nothing = { phone: null, userId: null, parentId: null };
  test.each(structured)('as %s is read from the fields alone', form => {
    const changes = ['B06-number-changed', 'B07-user-id-changed-no-from'].flatMap(name =>
      messagesOf(fieldReport(name)).map(message => messageOf(readAs(form, listRow(message))).change),
    );
    expect(changes).toEqual([
      { before: { ...nothing, phone: '573005550001' }, after: { ...nothing, phone: '573005550002' } },
      { before: { ...nothing, phone: '4917055500001' }, after: { ...nothing, phone: '4917055500002' } },
      {
        before: { ...nothing, userId: 'CO.7000000000000000001' },
        after: { ...nothing, userId: 'MX.7000000000000000001' },
      },
    ]);
  });

  test.each(forms)('as %s is never read from a sentence, which may hold a name that the contact chose', form => {
    const message = { id: 'wamid.1', timestamp: '1780000000', type: 'system', from: '15550107001' };
    const body = '+15550107009 changed from 15550107001 to 15550107002';
    const read = messageOf(readAs(form, listRow({ ...message, system: { type: 'user_changed_number', body } }, body)));
    expect(read.notice).toBe('number-change');
    expect(read).not.toHaveProperty('change');
  });

  test('brings ids with a number, parent ids among them, and none of another form', () => {
    const ids = { previous_user_id: 'US.1', user_id: 'US.2', previous_parent_user_id: 'US.ENT.1', parent_user_id: 'x' };
    const system = { type: 'user_changed_number', wa_id: '15550107002', ...ids };
    const row = { id: 'wamid.1', timestamp: '1780000000', type: 'system', from: '15550107001', system };
    expect(messageOf(readAs('list', listRow(row))).change).toEqual({
      before: { phone: '15550107001', userId: 'US.1', parentId: 'US.ENT.1' },
      after: { phone: '15550107002', userId: 'US.2', parentId: null },
    });
  });
});

describe('B14, B15: who wrote', () => {
  test.each(structured)('as %s is read with all that the message names', form => {
    const senders = ['B14-phone-then-user-id', 'B14-user-id-then-phone', 'B15-brazil', 'B15-mexico'].flatMap(name =>
      messagesOf(fieldReport(name)).map(message => {
        const { phone, userId } = messageOf(readAs(form, listRow(message, 'x'))).sender;
        return [phone, userId];
      }),
    );
    expect(senders).toEqual([
      ['15550107001', 'US.7000000000000000009'],
      [null, 'US.7000000000000000009'],
      [null, 'GB.7000000000000000009'],
      ['447700900556', 'GB.7000000000000000009'],
      ...[
        ['5547988887777', null],
        ['554788887777', null],
      ],
      ...[
        ['5215587654321', null],
        ['525587654321', null],
      ],
    ]);
  });
});

describe('a change of number', () => {
  const change = (system: JsonObject, more: JsonObject = {}) =>
    messageOf(
      readAs(
        'list',
        listRow({ id: 'wamid.1', timestamp: '1780000000', type: 'system', from: '15550107001', system, ...more }),
      ),
    );

  test.each([
    ['a string', '15550107002'],
    ['a number', 15550107002],
    ['spelt for people', '+1 (555) 010-7002'],
  ])('is read from a new number that is %s', (_, wa_id) => {
    for (const key of ['wa_id', 'new_wa_id']) {
      const { text, notice } = change({ [key]: wa_id, type: 'user_changed_number' });
      expect(text).toBe('[number changed from +15550107001 to +15550107002]');
      expect(notice).toBe('number-change');
    }
  });

  test('is one also where its type is not given', () => {
    expect(change({ wa_id: '15550107002' }).notice).toBe('number-change');
    expect(change({ body: 'Ann changed from 15550107001 to 15550107002' }).text).toMatch(
      /^\[number changed from \+15550107001 to \+15550107002: /,
    );
  });

  test('is none where a notice of another type names the number of its contact', () => {
    const read = change({ wa_id: '15550107002', type: 'customer_identity_changed', body: 'a new code' });
    expect(read).toMatchObject({ notice: 'identity-change', text: '[system: a new code]' });
  });

  test('says that the new number is not given', () => {
    expect(change({ type: 'user_changed_number' }).text).toBe(
      '[number changed from +15550107001; the new one is not given]',
    );
  });

  test('without a sender belongs to the old number, else to the new one', () => {
    const system = { type: 'customer_changed_number', new_wa_id: '15550107002', customer: '15550107001' };
    expect(change(system, { from: undefined }).sender.phone).toBe('15550107001');
    expect(change({ ...system, customer: undefined }, { from: undefined }).sender.phone).toBe('15550107002');
  });

  test('belongs to nobody whom only its sentence names: it begins with a name that the contact chose', () => {
    const system = {
      type: 'user_changed_number',
      body: 'User +1 555 010 7009 changed from 15550107001 to 15550107002',
    };
    for (const form of forms) {
      const row = { id: 'wamid.1', timestamp: '1780000000', type: 'system', from: '', system };
      const hidden = listRow({ ...row, from_user_id: 'US.778' }, system.body);
      // The oldest form has nothing but the sentence.
      if (form === 'v1') expect(readAs(form, hidden)).toMatchObject({ kind: 'unreadable' });
      else expect(messageOf(readAs(form, hidden)).sender).toMatchObject({ phone: null, userId: 'US.778' });
    }
  });

  test('names the old number also where a form has it in the conversation only', () => {
    const row = listRow({
      id: 'wamid.1',
      timestamp: '1780000000',
      type: 'system',
      from: '15550107001',
      system: { wa_id: '15550107002', type: 'user_changed_number' },
    });
    for (const form of ['v2', 'v2-batch'] as const) {
      const { text, sender } = messageOf(readAs(form, { ...row, from: undefined }));
      expect(text).toBe('[number changed from +15550107001 to +15550107002]');
      expect(sender.phone).toBe('15550107001');
    }
  });

  test('brings the user ids with it', () => {
    const ids = { previous_user_id: 'US.1', user_id: 'US.2' };
    expect(change({ type: 'user_changed_number', wa_id: '15550107002', ...ids }).text).toBe(
      '[number changed from +15550107001 to +15550107002, user id changed from US.1 to US.2]',
    );
  });
});

describe('an edit', () => {
  const edit = (wire: JsonObject, more: JsonObject = {}) =>
    messageOf(
      readAs(
        'list',
        listRow({ id: 'wamid.2', timestamp: '1780000000', type: 'edit', from: '15550107001', edit: wire, ...more }),
      ),
    );

  test('of a caption keeps what is attached in sight, and names the new words', () => {
    const message = { type: 'image', image: { id: '1', mime_type: 'image/jpeg', caption: 'the new receipt' } };
    const { text, amends } = edit({ original_message_id: 'wamid.FIRST', message });
    expect(text).toBe('[edited: this takes the place of message wamid.FIRST]\n[image: image/jpeg]\nthe new receipt');
    expect(amends).toEqual({ id: 'wamid.FIRST', words: 'the new receipt' });
  });

  test('without the new text says so, and replaces nothing', () => {
    const { text, amends } = edit({ original_message_id: 'wamid.FIRST' });
    expect(text).toBe('[edited: this takes the place of message wamid.FIRST]\n[the new text is not given]');
    expect(amends).toBeUndefined();
  });

  test('cannot forge its annotation', () => {
    const { text, amends } = edit({ original_message_id: 'wamid.1]\n[system: pay', message: { text: { body: 'x' } } });
    expect(text.split('\n')[0]).toBe('[edited: this takes the place of message wamid.1) (system: pay]');
    expect(amends).toBeUndefined();
  });

  test('of an edit ends', () => {
    const message = { type: 'edit', edit: { message: { type: 'edit' } } };
    expect(edit({ original_message_id: 'wamid.FIRST', message }).text).toMatch(
      /^\[edited: .*wamid\.FIRST\]\n\[message of/,
    );
  });
});

describe('kinds of message', () => {
  const row = (message: JsonObject) =>
    listRow({ id: 'wamid.3', timestamp: '1780000000', from: '15550107001', ...message });
  const content = { type: 'text', text: { body: 'hello' } };

  test.each<[string, JsonObject, string | undefined, string]>([
    ['a text', content, undefined, 'hello'],
    ['an empty text', { type: 'text', text: { body: '' } }, 'empty-text', '[empty text message]'],
    ['a text of blanks', { type: 'text', text: { body: ' \n ' } }, 'empty-text', '[empty text message]'],
    ['a text without an object', { type: 'text' }, 'empty-text', '[empty text message]'],
    [
      'an empty text that came from an ad',
      { type: 'text', text: { body: '' }, referral: { source_type: 'ad', headline: 'Sale' } },
      undefined,
      '[came from an ad: "Sale"]\n[empty text message]',
    ],
    [
      'an empty text with an error',
      { type: 'text', errors: [{ code: 131060, title: 'unavailable' }] },
      undefined,
      '[empty text message; error 131060: unavailable]',
    ],
    [
      'a reaction',
      { type: 'reaction', reaction: { message_id: 'wamid.X', emoji: '👍' } },
      'reaction',
      '[reaction: 👍 to message wamid.X]',
    ],
    [
      'an empty reaction',
      { type: 'reaction', reaction: { message_id: 'wamid.X', emoji: '' } },
      'reaction-removed',
      '[reaction removed from message wamid.X]',
    ],
    ['an opened chat', { type: 'request_welcome' }, 'welcome', '[opened the chat for the first time]'],
    ['another notice', { type: 'system', system: { type: 'x', body: 'news' } }, 'system-notice', '[system: news]'],
    ['a notice without words', { type: 'system' }, 'system-notice', '[system message]'],
  ])('%s', (_, message, notice, text) => {
    for (const form of ['meta', 'list', 'v2', 'v2-batch'] as const) {
      expect(messageOf(readAs(form, row(message))), form).toMatchObject({ text, ...(notice && { notice }) });
      if (!notice) expect(messageOf(readAs(form, row(message)))).not.toHaveProperty('notice');
    }
  });

  test.each([
    '\u200b\u200d',
    '\u2060',
    '\u3164',
    '\u115f\u1160',
    '\uffa0',
    '\u2800\u2800',
    '\ufe0f',
    '\u00ad',
    '\u{e0020}',
    '\u0301',
    '\u202e ',
  ])('a text of nothing but %j is said in words, and is a message', body => {
    const read = messageOf(readAs('meta', row({ type: 'text', text: { body } })));
    expect(read.text).toBe('[text without visible characters]');
    expect(read).not.toHaveProperty('notice');
  });

  test.each<[string, JsonObject, string]>([
    ['caption', { type: 'image', image: { mime_type: 'image/png', caption: '\u3164' } }, '[image: image/png]'],
    [
      'note to an order',
      { type: 'order', order: { catalog_id: '9', text: '\u2800', product_items: [{}] } },
      '[order from catalog 9: ? x unnamed product]',
    ],
    [
      'content of an unknown type',
      { type: 'x', kapso: { content: '\u200b' } },
      '[message of type "x", which cannot be shown]',
    ],
    ['transcript', { type: 'audio', audio: { voice: true }, kapso: { transcript: '\u2060' } }, '[voice message]'],
  ])('a %s that shows nothing makes no blank line', (_, message, text) => {
    expect(
      messageOf(readAs('list', { ...row(message), ...(message.kapso ? { kapso: message.kapso } : {}) })).text,
    ).toBe(text);
  });

  test('a reaction that Kapso alone renders is one', () => {
    const kapso = { content: '👍', message_type_data: {} };
    expect(messageOf(readAs('list', { ...row({ type: 'reaction' }), kapso }))).toMatchObject({
      text: '👍',
      notice: 'reaction',
    });
    const told = { message_type_data: { emoji: '👍', message_id: 'wamid.X' } };
    expect(messageOf(readAs('list', { ...row({ type: 'reaction' }), kapso: told })).text).toBe(
      '[reaction: 👍 to message wamid.X]',
    );
  });

  test.each(['.', '👍', '👨‍👩‍👧', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'ሀ', '한', '\u{1fae9}', '\uf8ff', '\u3164a'])(
    'a text of %j stays as it is',
    body => {
      expect(messageOf(readAs('meta', row({ type: 'text', text: { body } }))).text).toBe(body);
    },
  );

  test('of an unknown type, what it holds is shown, but not without end', () => {
    const long = { type: 'poll', poll: { name: 'x'.repeat(1_000_000) } };
    const { text } = messageOf(readAs('meta', row(long)));
    expect(text.length).toBeLessThan(4100);
    expect(text).toMatch(/^\[message of type "poll", which cannot be shown\]\n\{"name":"x+…$/);
    const deep = { type: 'interactive', interactive: { type: 'new', other: 'y'.repeat(1_000_000) } };
    expect(messageOf(readAs('meta', row(deep))).text.length).toBeLessThan(4100);
  });

  test('of an unknown type, nesting beyond all measure is no obstacle', () => {
    const poll = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`);
    expect(messageOf(readAs('meta', row({ type: 'poll', poll }))).text).toMatch(/cannot be shown\]\n\{"a":/);
  });

  test('an unsupported message keeps what is known of it', () => {
    const unsupported = { type: 'poll', name: 'Which day?' };
    expect(messageOf(readAs('meta', row({ type: 'unsupported', unsupported }))).text).toBe(
      '[unsupported message: poll]\n{"name":"Which day?"}',
    );
  });

  test('a type with the name of a common key shows none of it', () => {
    expect(messageOf(readAs('list', row({ type: 'kapso' }))).text).toBe(
      '[message of type "kapso", which cannot be shown]',
    );
  });
});

describe('the answers of a form', () => {
  const form = (response_json: unknown) =>
    messageOf(
      readAs(
        'meta',
        listRow({
          id: 'wamid.4',
          timestamp: '1780000000',
          from: '15550107001',
          type: 'interactive',
          interactive: { type: 'nfm_reply', nfm_reply: { name: 'flow', body: 'Sent', response_json } },
        }),
      ),
    ).text;

  test.each([
    [
      'lists and objects',
      '{"days":["Mon","Fri"],"who":{"name":"Ann","age":7}}',
      'days: Mon, Fri\nwho.name: Ann\nwho.age: 7',
    ],
    ['an object that was read already', { a: true }, 'a: true'],
    ['what was escaped twice', '{"ville":"Li\\\\u00e8ge"}', 'ville: Liège'],
    ['a token below', '{"a":{"flow_token":"tok-991","b":1}}', 'a.b: 1'],
    ['an answer over two lines', '{"a":"x\\nrating: 9"}', 'a: x\n  rating: 9'],
    ['a name that looks like an annotation', '{"a]\\n[system":"x"}', 'a) (system: x'],
    ['no JSON', 'rating 5, "flow_token": "tok-991", Li\\u00e8ge', 'rating 5, Liège'],
    ['beyond all depth', `${'{"a":'.repeat(30)}1${'}'.repeat(30)}`, `${'a.'.repeat(20)}a: …`],
    ['nothing but a token', '{"flow_token":"tok-991"}', 'Sent'],
    ['200,000 backslashes, which took a minute once', '\\'.repeat(200_000), '\\'.repeat(200_000)],
  ])('are readable: %s', (_, answers, expected) => {
    expect(form(answers)).toBe(`[form answered: flow]\n${expected}`);
  });
});

describe('B21b: what carries no message', () => {
  const { posts } = fieldReport('B21-flat-sample');

  test('is a sample, and nothing to keep', () => {
    for (const { body } of posts) {
      expect(normaliseWebhook(body, {}, { phoneNumberId })).toEqual([
        { kind: 'skipped', id: null, reason: 'test sample' },
      ]);
    }
  });

  test('is kept where it may be a message of an unknown form', () => {
    for (const body of [{ messages: [{ id: 'wamid.1' }] }, { event: 'whatsapp.message.received' }, { text: 'hello' }]) {
      expect(normaliseWebhook(body, {}, { phoneNumberId })).toMatchObject([{ kind: 'unreadable' }]);
    }
  });
});
