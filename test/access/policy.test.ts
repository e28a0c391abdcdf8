import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AccessSettings, createAccess } from '../../src/access/policy.ts';
import { ConfigError } from '../../src/config/errors.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { KnownContact, KnownIdentity } from '../../src/domain/contact.ts';
import { identitiesOf, listIdentities } from '../../src/domain/identity.ts';
import { replyAddress, type Sender } from '../../src/domain/message.ts';
import { normaliseWebhook } from '../../src/kapso/inbound/normalise.ts';
import { forms, listed, listedId } from './sender-forms.ts';

type Written = Partial<Omit<AccessSettings['access'], 'pairing' | 'limits' | 'commands'>>;

/** The settings as the program reads them from the environment. */
async function settingsOf(access: Written, groups: Partial<AccessSettings['groups']> = {}): Promise<AccessSettings> {
  const json = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));
  const env = {
    KAPSO_ACCESS_POLICY: access.policy,
    KAPSO_ALLOWED_NUMBERS: json(access.allowFrom),
    KAPSO_ACCESS_CONTACTS: json(access.contacts),
    KAPSO_ACCESS_ROLES: json(access.roles),
    KAPSO_ACCESS_KEEP_DENIED_TEXT: json(access.keepDeniedText),
    KAPSO_GROUPS_POLICY: groups.policy,
    KAPSO_GROUPS_ALLOW_FROM: json(groups.allowFrom),
  };
  return (await loadConfig({ env, home: '/nowhere', need: 'none' })).config;
}

async function accessBy(access: Written, groups?: Partial<AccessSettings['groups']>) {
  const settings = await settingsOf(access, groups);
  return createAccess(() => settings);
}

/** A contact of whom one message is known. */
function contactOf(sender: Sender, more: Partial<KnownContact> = {}): KnownContact {
  const identities = listIdentities(identitiesOf(sender)).map(
    ({ kind, key }): KnownIdentity => ({ kind, identity: key, former: false, inherited: false }),
  );
  const address = replyAddress(sender);
  const known = { account: '1', key: address, address, origin: address, name: sender.name, identities };
  return { ...known, approved: null, blocked: false, ...more };
}

/** The sender of a message, as the program reads it from Meta's webhook; null when the message names none. */
function senderOf(fields: object): Sender | null {
  const message = { id: 'wamid.1', timestamp: '1760000000', type: 'text', text: { body: 'Hello' }, ...fields };
  const value = { messaging_product: 'whatsapp', metadata: { phone_number_id: '1' }, messages: [message] };
  const body = { object: 'whatsapp_business_account', entry: [{ id: '9', changes: [{ field: 'messages', value }] }] };
  const [read] = normaliseWebhook(body, {}, { phoneNumberId: '1' });
  return read?.kind === 'message' ? read.message.sender : null;
}

const direct = {};
const approved = { by: 'alice', at: 1 };
const person = (phone: string | null, userId: string | null = null): Sender => ({
  ...{ phone, userId, name: listed, username: listed },
});

test('the forms are many, and some are the person whom the lists name', () => {
  expect(forms.length).toBeGreaterThan(250);
  expect(forms.filter(({ known }) => known).length).toBeGreaterThan(15);
});

describe.each(['open', 'pairing', 'allowlist', 'disabled'] as const)('with the policy %s', async policy => {
  const access = await accessBy({ policy, allowFrom: [`+${listed}`, listedId] });

  test.each(forms)('$name', ({ fields, known }) => {
    const sender = senderOf(fields);
    // What names no sender is kept as unreadable, and no policy sees it.
    if (sender === null) return expect(known).toBe(false);
    const right = {
      open: 'admitted',
      pairing: known ? 'admitted' : 'unpaired',
      allowlist: known ? 'admitted' : 'denied',
    };
    expect(access.admit(contactOf(sender), direct).kind).toBe(policy === 'disabled' ? 'denied' : right[policy]);
  });
});

describe('the field report', () => {
  interface Case {
    allow: string[];
    from: string | null;
    user_id?: string;
    allowed: boolean;
    or?: string;
  }
  const path = join(import.meta.dirname, '../fixtures/field-reports/B37-allowlist-cases.json');
  const cases = JSON.parse(readFileSync(path, 'utf8')) as Case[];

  test.each(cases)('$allow, from $from $user_id: $allowed', async ({ allow, from, user_id, allowed, or }) => {
    const access = await accessBy({ allowFrom: allow }).catch((error: unknown) => error);
    if (access instanceof ConfigError && or !== undefined)
      return expect(access.message).toContain('(access.allowFrom[1]): has a prefix');
    const sender = senderOf({ from, ...(user_id && { from_user_id: user_id }) });
    const { admit } = access as ReturnType<typeof createAccess>;
    expect(admit(contactOf(sender as Sender), direct).kind).toBe(allowed ? 'admitted' : 'denied');
  });
});

describe('spellings', () => {
  test.each([
    ['+5547912345678', '554712345678', true],
    ['+5547981234567', '554781234567', true],
    ['+554781234567', '5547981234567', true],
    ['+5547932345678', '554732345678', false],
    ['+525512345678', '5215512345678', true],
    ['+5491123456789', '541123456789', true],
    // Some of Brazil's numbers that begin with 7 never got the ninth digit: the other one is another person's.
    ['+5511977778888', '551177778888', false],
    ['+551177778888', '5511977778888', false],
    ['+5511977778888', '5511977778888', true],
    ['551177778888', '551177778888', true],
  ])('%s is that of %s: %s', async (id, phone, is) => {
    const access = await accessBy({ policy: 'allowlist', allowFrom: [id] });
    expect(access.admit(contactOf(person(phone)), direct).kind).toBe(is ? 'admitted' : 'denied');
    const routes = await accessBy({ contacts: [{ id, role: 'admin' }] });
    expect(routes.routeOf(contactOf(person(phone))).role).toBe(is ? 'admin' : null);
  });
});

describe('a person over changes', () => {
  const moved: KnownIdentity[] = [
    { kind: 'phone', identity: '+15550000000', former: false, inherited: false },
    { kind: 'phone', identity: `+${listed}`, former: true, inherited: false },
  ];

  test('stays in the list with a new number, when WhatsApp itself said so', async () => {
    const access = await accessBy({
      policy: 'allowlist',
      allowFrom: [listed],
      contacts: [{ id: listed, role: 'admin' }],
    });
    const contact = contactOf(person('15550000000'), { identities: moved });
    expect(access.admit(contact, direct)).toEqual({ kind: 'admitted' });
    expect(access.routeOf(contact).role).toBe('admin');
  });

  test('does not bring a place in the list, or a role, to who has the number afterwards', async () => {
    const access = await accessBy({
      policy: 'allowlist',
      allowFrom: [listed],
      contacts: [{ id: listed, role: 'admin' }],
    });
    const heir = contactOf(person(listed), {
      identities: [{ kind: 'phone', identity: `+${listed}`, former: false, inherited: true }],
    });
    expect(access.admit(heir, direct)).toEqual({
      kind: 'denied',
      reason: expect.stringContaining('another contact had it before'),
      keepText: false,
    });
    expect(access.routeOf(heir).role).toBeNull();
  });
});

describe('what an operator has decided', () => {
  const stranger = person('15550000000');

  test('approval lets in where the policy is pairing, and nowhere else', async () => {
    const verdict = async (policy: AccessSettings['access']['policy']) =>
      (await accessBy({ policy })).admit(contactOf(stranger, { approved }), direct).kind;
    expect(await verdict('pairing')).toBe('admitted');
    expect(await verdict('allowlist')).toBe('denied');
    expect(await verdict('disabled')).toBe('denied');
  });

  test.each(['open', 'pairing', 'allowlist'] as const)(
    'denial keeps out with the policy %s, a listed one too',
    async policy => {
      const access = await accessBy({ policy, allowFrom: ['+15550000000'] }, { policy: 'open' });
      const contact = contactOf(stranger, { blocked: true });
      const denied = { kind: 'denied', reason: expect.stringContaining('An operator has denied its sender') };
      expect(access.admit(contact, direct)).toMatchObject(denied);
      expect(access.admit(contact, { groupId: 'G1' })).toMatchObject(denied);
    },
  );
});

test('whoever is listed as a contact may write, unless nobody may', async () => {
  const contacts = [{ id: listed }];
  for (const policy of ['pairing', 'allowlist'] as const)
    expect((await accessBy({ policy, contacts })).admit(contactOf(person(listed)), direct).kind).toBe('admitted');
  expect((await accessBy({ policy: 'disabled', contacts })).admit(contactOf(person(listed)), direct).kind).toBe(
    'denied',
  );
});

test('says why, and whether the text is kept', async () => {
  const contact = contactOf(person('15550000000'));
  const one = await accessBy({ allowFrom: [] });
  expect(one.admit(contact, direct)).toEqual({
    ...{ kind: 'denied', reason: 'Its sender is not in access.allowFrom', keepText: false },
  });
  const other = await accessBy({ policy: 'disabled', keepDeniedText: true });
  expect(other.admit(contact, direct)).toEqual({
    ...{ kind: 'denied', reason: 'Nobody may write: access.policy is disabled', keepText: true },
  });
});

test('goes by the present settings', async () => {
  let settings = await settingsOf({ allowFrom: [listed] });
  const access = createAccess(() => settings);
  expect(access.admit(contactOf(person(listed)), direct).kind).toBe('admitted');
  settings = await settingsOf({ allowFrom: [] });
  expect(access.admit(contactOf(person(listed)), direct).kind).toBe('denied');
});

describe('in groups', () => {
  const member = contactOf(person(listed));

  test.each([
    [{}, 'denied'],
    [{ policy: 'open' }, 'admitted'],
    [{ policy: 'allowlist' }, 'denied'],
    [{ policy: 'allowlist', allowFrom: ['120363040000000000'] }, 'admitted'],
    [{ policy: 'allowlist', allowFrom: ['120363040000000001'] }, 'denied'],
    [{ policy: 'allowlist', allowFrom: [`+${listed}`] }, 'admitted'],
    [{ policy: 'allowlist', allowFrom: ['+15550000000'] }, 'denied'],
  ] as const)('%j: %s', async (groups, kind) => {
    // Who may write to the number is another question.
    for (const policy of ['open', 'disabled'] as const)
      expect((await accessBy({ policy }, groups)).admit(member, { groupId: '120363040000000000' }).kind).toBe(kind);
  });
});

describe('the route', () => {
  test('is what the contact has, then what its role has', async () => {
    const { routeOf } = await accessBy({
      contacts: [
        { id: listed, name: 'Ada', role: 'support', prompt: 'Be brief.' },
        { id: listedId, role: 'toString', mode: 'monitor', session: 'kapso:x', agent: 'other', replyVia: 'relay' },
      ].map(contact => ({ ...contact, role: contact.role.toLowerCase() })) as Written['contacts'] & object,
      roles: { support: { agent: 'helper', replyVia: 'agent', prompt: 'Be kind.' } },
    });
    const plain = { role: null, name: null, agent: null, session: null, replyVia: null, prompt: null, mode: 'normal' };
    expect(routeOf(contactOf(person(listed)))).toEqual({
      ...plain,
      ...{ name: 'Ada', role: 'support', agent: 'helper', replyVia: 'agent', prompt: 'Be brief.' },
    });
    expect(routeOf(contactOf(person(null, listedId)))).toEqual({
      ...plain,
      ...{ role: 'tostring', mode: 'monitor', session: 'kapso:x', agent: 'other', replyVia: 'relay' },
    });
    expect(routeOf(contactOf(person('15550000000')))).toEqual(plain);
  });

  test('goes by the id where number and id have an entry each', async () => {
    const { routeOf } = await accessBy({
      contacts: [
        { id: listed, role: 'admin' },
        { id: listedId, role: 'guest' },
      ],
    });
    expect(routeOf(contactOf(person(listed, listedId))).role).toBe('guest');
  });
});
