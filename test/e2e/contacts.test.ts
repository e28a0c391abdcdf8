import { expect, it } from 'vitest';
import { addressOf, domainMode, post, webhookSecret } from '../e2e-webhook/delivery.ts';
import { signature } from '../intake/webhook/harness.ts';
import { fieldReport } from '../kapso/field-reports.ts';
import { createStage, type Gateway, type Kapso, type Stage } from './programs.ts';

interface Running {
  stage: Stage;
  kapso: Kapso;
  gateway: Gateway;
  /** Delivers Meta's bodies as webhooks, one after the other, each when the one before is settled. */
  give(bodies: readonly object[]): Promise<void>;
  /** Resolves, when so many answers were sent, with their recipients. */
  answered(count: number): Promise<string[]>;
}

async function start(): Promise<Running> {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller(domainMode);
  const url = await addressOf(poller, 0);
  let settled = 0;
  const give = async (bodies: readonly object[]) => {
    for (const body of bodies) {
      const bytes = JSON.stringify(body);
      const headers = {
        'content-type': 'application/json',
        'x-hub-signature-256': `sha256=${signature(bytes, webhookSecret)}`,
      };
      expect(await post(url, { body: bytes, headers })).toBe(200);
      settled += 1;
      await stage.holds('settled', settled);
    }
  };
  const answered = async (count: number) => {
    const sent = async () => (await kapso.sent()).map(({ to }) => to);
    await stage.until(`${count} answers are sent`, async () => (await sent()).length >= count);
    return sent();
  };
  return { stage, kapso, gateway, give, answered };
}

/** A text in Meta's form. */
function text(id: string, body: string, from: { phone?: string; userId?: string }): object {
  const { phone, userId } = from;
  const message = {
    ...{ id: `wamid.${id}`, timestamp: String(Math.floor(Date.now() / 1000)), type: 'text', text: { body } },
    ...(phone && { from: phone }),
    ...(userId && { from_user_id: userId }),
  };
  const [sample] = fieldReport('B06-number-changed').posts;
  const copy = structuredClone(sample?.body) as ReturnType<typeof JSON.parse>;
  copy.entry[0].changes[0].value.messages = [message];
  return copy;
}

const bodiesOf = (name: string) => fieldReport(name).posts.map(({ body }) => body);

it('one person has one session, by whatever identity, and another person another one', async () => {
  const { stage, gateway, give, answered } = await start();
  const reports = {
    'B14-phone-then-user-id': 1,
    'B14-user-id-then-phone': 1,
    'B15-brazil': 1,
    'B15-mexico': 1,
    'B15-brazil-landline-guard': 2,
  };
  for (const [name, expected] of Object.entries(reports)) {
    const before = (await gateway.runs()).length;
    await give(bodiesOf(name));
    const runs = (await gateway.runs()).slice(before);
    expect(runs, name).toHaveLength(2);
    expect(new Set(runs.map(({ session }) => session)).size, name).toBe(expected);
  }
  const entries = await stage.inbox();
  expect(new Set(entries.map(({ lane }) => lane)).size).toBe(6);
  // The number where it is known, in the spelling last seen.
  expect(await answered(10)).toEqual([
    ...['+15550107001', '+15550107001', 'GB.7000000000000000009', '+447700900556'],
    ...['+5547988887777', '+554788887777', '+5215587654321', '+525587654321', '+554733334444', '+5547933334444'],
  ]);
});

it('who changes number or id is the same person, and is answered at the new one', async () => {
  const { gateway, give, answered } = await start();
  const [toColombia, toGermany] = bodiesOf('B06-number-changed');
  await give([
    text('a', 'from the old number', { phone: '573005550001', userId: 'CO.1' }),
    ...[toColombia ?? {}, toGermany ?? {}],
    text('b', 'from the new number', { phone: '573005550002', userId: 'CO.2' }),
    text('c', 'from the new number', { phone: '4917055500002' }),
    text('d', 'from the old number, which is another person by now', { phone: '573005550001', userId: 'CO.3' }),
    ...bodiesOf('B07-user-id-changed-no-from'),
    text('e', 'with the new id', { userId: 'MX.7000000000000000001' }),
  ]);
  const sessions = Object.groupBy(await gateway.runs(), ({ session }) => session);
  expect(Object.entries(sessions).map(([session, runs]) => [session.split(':').at(-1), runs?.length])).toEqual([
    ['+573005550001', 3],
    ['+4917055500001', 2],
    ['+573005550001~2', 1],
    ['co.7000000000000000001', 1],
  ]);
  expect((await answered(7)).toSorted()).toEqual([
    ...['+4917055500002', '+4917055500002', '+573005550001', '+573005550001'],
    ...['+573005550002', '+573005550002', 'MX.7000000000000000001'],
  ]);
  // The agent is told the address of now.
  const headers = (await gateway.runs()).map(({ text: told }) => told.split(')')[0]?.split('(')[1]);
  expect(headers).toEqual([
    ...['+573005550001', '+573005550002', '+4917055500002', '+573005550002', '+4917055500002'],
    ...['+573005550001', 'MX.7000000000000000001'],
  ]);
});

it('a number that Meta knows in its other spelling alone is answered there, and from then on at once', async () => {
  const { kapso, give, answered } = await start();
  const error = {
    code: 131030,
    message: '(#131030) Recipient phone number not in allowed list',
    type: 'OAuthException',
  };
  await kapso.control('POST', 'faults', { kind: 'send', status: 400, body: { error }, count: 1 });
  for (const id of ['a', 'b']) await give([text(id, 'hello', { phone: '554788887777' })]);
  expect(await answered(2)).toEqual(['+5547988887777', '+5547988887777']);
  const { requests } = await kapso.control<{ requests: unknown[] }>('GET', 'requests?kind=send');
  expect(requests).toHaveLength(3);
});
