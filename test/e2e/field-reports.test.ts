import { expect, it } from 'vitest';
import { addressOf, domainMode, post, webhookSecret } from '../e2e-webhook/delivery.ts';
import { signature } from '../intake/webhook/harness.ts';
import { fieldReport, forms, listRow, messagesOf } from '../kapso/field-reports.ts';
import { createStage } from './programs.ts';

/** The reports whose messages can be given in every form, with what Kapso says of each message where a form has nothing else. */
const contents: Record<string, (string | null)[]> = {
  'B06-number-changed': [
    'User changed from 573005550001 to 573005550002',
    'User changed from 4917055500001 to 4917055500002',
  ],
  'B09-edit-text': ['six chairs, not five'],
  'B09-revoke': [null],
  'B09-type-not-known-keeps-content': ['Which day? Monday, Friday'],
  'B13-flow-escapes': ['{"ville":"Li\\u00e8ge","avis":"\\u2705 \\u0634\\u0643\\u0631\\u0627","flow_token":"tok-991"}'],
  // The last, so that the message after it carries what had no run.
  'B08-no-content-no-run': ['Ann has a new security code', null],
};

/** What v1 cannot carry: the id of the message that is edited or deleted. */
const inV1: Record<string, RegExp> = {
  'B09-edit-text': /edited[\s\S]*six chairs, not five/,
  'B09-revoke': /deleted/,
};

it.each(forms)('what the field reported comes to what is right, as %s', async form => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller(form === 'list' ? {} : domainMode);
  const url = form === 'list' ? '' : await addressOf(poller, 0);
  const give = async (messages: object): Promise<number> => {
    const { ids } = await kapso.control<{ ids: string[] }>('POST', 'inbound', messages);
    if (form === 'list') poller.signal('SIGUSR2');
    else for (const id of ids) await kapso.control('POST', 'deliver', { url, id, form, secret: webhookSecret });
    return ids.length;
  };
  const reports = Object.keys(contents).map(name => ({ name, ...fieldReport(name) }));
  let settled = 0;
  for (const report of reports) {
    const rows = messagesOf(report).map((message, index) =>
      listRow(message, form === 'v1' ? (contents[report.name]?.[index] ?? null) : null),
    );
    settled += await give({ rows });
    await stage.holds('settled', settled);
  }
  const runs = (await gateway.runs()).map(({ text }) => text);
  const expected = reports.flatMap(({ name, expect: right }) =>
    (right.runs ?? []).map(pattern => (form === 'v1' && inV1[name]) || new RegExp(pattern)),
  );
  for (const pattern of expected)
    expect(
      runs.filter(text => pattern.test(text)),
      String(pattern),
    ).toHaveLength(1);
  // What is in none of them has started none.
  expect(runs).toHaveLength(expected.length);
  for (const absent of reports.flatMap(report => report.expect.absent ?? [])) {
    for (const text of runs) expect(text).not.toMatch(absent);
  }
  expect((await stage.inbox()).filter(({ outcome }) => outcome === 'context')).toHaveLength(2);

  // The next message of the same sender carries what had no run.
  settled += await give({
    rows: [
      listRow(
        {
          id: 'wamid.now',
          timestamp: String(Math.floor(Date.now() / 1000)),
          type: 'text',
          from: '15550107001',
          text: { body: 'and now?' },
        },
        'and now?',
      ),
    ],
  });
  await stage.holds('settled', settled);
  const last = (await gateway.runs()).at(-1)?.text;
  expect(last).toMatch(/Noted before this message:\n(> .*\n){2}\nThe message:\n> and now\?$/);
});

it('what carries no message, a failed send and a user id without a sender are no errors', async () => {
  const stage = createStage();
  await stage.startKapso();
  await stage.startGateway();
  const poller = await stage.startPoller({ ...domainMode, KAPSO_LOG_LEVEL: 'info' });
  const url = await addressOf(poller, 0);
  for (const name of ['B21-flat-sample', 'B04-failed-status-log', 'B07-user-id-changed-no-from']) {
    for (const { body } of fieldReport(name).posts) {
      const bytes = JSON.stringify(body);
      const headers = {
        'content-type': 'application/json',
        'x-hub-signature-256': `sha256=${signature(bytes, webhookSecret)}`,
      };
      expect(await post(url, { body: bytes, headers }), name).toBe(200);
    }
  }
  await stage.holds('settled', 1);
  expect(await stage.counts()).toMatchObject({ failed: 0, pending: 0 });
  const log = poller.lines.join('\n');
  expect(log).toContain('A test sample');
  expect(log).toMatch(/131026.*55479…77.*not on WhatsApp/);
  expect(log).not.toContain('5547988887777');
  await stage.until('status counts it', () => stage.statusFile().webhook?.failedSends === 1);
});

it('an edit of a message that waits for the gateway is one message with the new text', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  await gateway.end();
  const poller = await stage.startPoller();
  const from = '+15550107001';
  await kapso.receive([{ id: 'wamid.FIRST', from, text: 'five chairs' }]);
  const message = {
    type: 'edit',
    edit: { original_message_id: 'wamid.FIRST', message: { type: 'text', text: { body: 'six chairs, not five' } } },
  };
  await kapso.control('POST', 'inbound', { id: 'wamid.EDIT', from, message });
  await kapso.receive([{ id: 'wamid.OOPS', from, text: 'oops' }]);
  const deletion = { type: 'revoke', revoke: { original_message_id: 'wamid.OOPS' } };
  await kapso.control('POST', 'inbound', { id: 'wamid.GONE', from, message: deletion });
  poller.signal('SIGUSR2');
  await stage.holds('pending', 4);
  await poller.end('SIGKILL');
  await gateway.start();
  await poller.start();
  await stage.holds('settled', 4);
  const runs = await gateway.runs();
  expect(runs.map(({ key }) => key)).toEqual(['wamid.FIRST']);
  expect(runs[0]?.text).toMatch(/\n\n> six chairs, not five$/);
  await stage.until('the answer is sent', async () =>
    (await stage.inbox()).some(({ id, outcome }) => id === 'wamid.FIRST' && outcome === 'answered'),
  );
  const outcomes = (await stage.inbox()).map(({ id, outcome }) => [id, outcome]);
  expect(Object.fromEntries(outcomes)).toEqual({
    'wamid.FIRST': 'answered',
    'wamid.EDIT': 'merged',
    'wamid.OOPS': 'withdrawn',
    'wamid.GONE': 'merged',
  });
});

it('a message of six days ago tells the agent its age', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller();
  const timestamp = Math.floor(Date.now() / 1000) - 6 * 86_400 - 60;
  await kapso.receive([{ text: 'still open?', timestamp }, { text: 'new' }]);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 2);
  const headers = (await gateway.runs()).map(({ text }) => text.split('\n')[0]);
  expect(headers).toEqual([
    expect.stringMatching(/Z, 6 days ago, id wamid\.\S+$/),
    expect.stringMatching(/Z, id wamid\.\S+$/),
  ]);
});
