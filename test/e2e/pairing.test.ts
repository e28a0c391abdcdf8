import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { ContactAccess } from '../../src/store/access.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { createKillPoints } from './kill-points.ts';
import type { Program } from './program.ts';
import { createStage, type Gateway, type Kapso, type Stage } from './programs.ts';

let stage: Stage;
let kapso: Kapso;
let gateway: Gateway;

beforeEach(async () => {
  stage = createStage();
  Object.assign(stage.env, {
    ...{ KAPSO_ACCESS_POLICY: 'pairing', KAPSO_ALLOWED_NUMBERS: '+15550009999', KAPSO_RECEIPTS_READ: 'false' },
    ...{ KAPSO_REPLY_LOOK_UP_FOR: '2', KAPSO_ACCESS_PAIRING_MESSAGE: 'Your code: {code}' },
  });
  kapso = await stage.startKapso();
  gateway = await stage.startGateway();
});

const look = async <T>(at: (store: Store) => Promise<T>): Promise<T> => {
  const store = await openStore({ dir: stage.stateDir, clock: systemClock, readOnly: true });
  return at(store).finally(() => store.close());
};
const accessIn = async (store: Store, contact: string): Promise<ContactAccess | undefined> =>
  (await store.access.list()).find(one => one.contact === contact);
const accessOf = (contact: string) => look(store => accessIn(store, contact));
const access = async (...args: string[]) => stage.run('cli', ['access', ...args]);
/** Approves as another process does. */
async function approve(code: string): Promise<void> {
  const store = await openStore({ dir: stage.stateDir, clock: systemClock });
  expect(await store.access.approve({ code }, 'root').finally(() => store.close())).toMatchObject({ done: true });
}

const textsTo = async (contact: string) =>
  (await kapso.sent()).filter(({ to }) => to === contact).map(({ text }) => text);
/** The texts that the agent got, in order. */
const given = async () => (await gateway.runs()).map(({ text }) => /> (.*)$/m.exec(text)?.[1] ?? text);

/** Resolves when the contact has its code. Resolves to the code. */
async function told(contact: string): Promise<string> {
  let code = '';
  await stage.sees(`${contact} has a code`, async store => {
    const one = await accessIn(store, contact);
    code = one?.code ?? '';
    return one?.expiresAt != null;
  });
  return code;
}

/** Resolves when so many of the contact's messages are answered. */
const answered = (contact: string, count: number) =>
  stage.sees(`${count} messages of ${contact} are answered`, async store => {
    const entries = (await store.list({ limit: 1_000_000 })).filter(one => one.contact === contact);
    return entries.filter(({ outcome }) => outcome === 'answered').length === count;
  });

async function write(poller: Program, from: string, ...texts: string[]): Promise<void> {
  await kapso.receive(texts.map(text => ({ from, text })));
  poller.signal('SIGUSR2');
}

describe('a sender whom nobody knows', () => {
  const ann = '+15550001111';

  it('gets one code, is given to the agent when an operator approves it, in order, and from then on at once', async () => {
    const poller = await stage.startPoller();
    await write(poller, ann, 'one', 'two');
    const code = await told(ann);
    await write(poller, ann, 'three');
    await stage.holds('unpaired', 3);
    expect(await textsTo(ann)).toEqual([`Your code: ${code}`]);
    expect(await given()).toEqual([]);

    expect(await access('approve', code.toLowerCase())).toMatchObject({ code: 0 });
    await answered(ann, 3);
    await write(poller, ann, 'four');
    await answered(ann, 4);
    expect(await given()).toEqual(['one', 'two', 'three', 'four']);
    const answers = ['one', 'two', 'three', 'four'].map(text => `You said: ${text}`);
    expect(await textsTo(ann)).toEqual([`Your code: ${code}`, ...answers]);
  });

  it('keeps nobody else waiting, and is approved and denied while no poller runs', async () => {
    const [bob, known] = ['+15550002222', '+15550009999'];
    const poller = await stage.startPoller();
    await write(poller, ann, 'by ann');
    await write(poller, bob, 'by bob');
    const [code] = [await told(ann), await told(bob)];
    await write(poller, known, 'by one who is known');
    await answered(known, 1);
    await poller.end();
    expect(await access('approve', code)).toMatchObject({ code: 0 });
    expect(await access('deny', bob)).toMatchObject({ code: 0 });
    await poller.start();
    await answered(ann, 1);
    await write(poller, bob, 'again');
    await stage.holds('denied', 1);
    expect(await given()).toEqual(['by one who is known', 'by ann']);
    expect(await textsTo(bob)).toHaveLength(1);

    // Who is known no longer is answered no longer, and begins anew.
    expect(await access('revoke', ann)).toMatchObject({ code: 0 });
    await write(poller, ann, 'more');
    expect(await told(ann)).not.toBe(code);
    expect(await given()).toHaveLength(2);
  });
});

describe('every step of a pairing, from the first message to the answer after the approval', () => {
  it('survives a SIGKILL before and after it: one code, and each message once, in order, after the approval', {
    timeout: 300_000,
  }, async () => {
    const kills = createKillPoints(stage.dir, 'kill-points');
    const poller = await stage.startPoller(kills.env);
    /** Waits for what is to happen, with the poller that is killed at its step and started again. */
    const survive = async (happens: () => Promise<unknown>) => {
      const ended = poller.endings.length;
      const first = await Promise.race([happens().then(() => 'happened'), poller.ended().then(() => 'killed')]);
      if (first === 'happened' && poller.endings.length === ended) return;
      kills.arm(0);
      await poller.start();
      await happens();
    };
    const people: string[] = [];
    for (let step = 1; poller.endings.length === people.length; step += 1) {
      const contact = `+1555000${1000 + step}`;
      people.push(contact);
      kills.arm(step);
      await write(poller, contact, `${step} first`);
      await survive(() => told(contact));
      expect((await given()).filter(text => text.startsWith(`${step} `))).toEqual([]);
      await approve((await accessOf(contact))?.code ?? '');
      await write(poller, contact, `${step} second`);
      await survive(() => answered(contact, 2));
    }
    console.log(`killed at ${poller.endings.length} steps`);
    expect(poller.endings.length).toBeGreaterThan(20);
    expect(poller.endings.filter(({ signal }) => signal !== 'SIGKILL')).toEqual([]);
    const texts = people.map((_, at) => [`${at + 1} first`, `${at + 1} second`]);
    expect(await given()).toEqual(texts.flat());
    for (const [at, contact] of people.entries()) {
      const answers = texts[at]?.map(text => `You said: ${text}`) ?? [];
      expect(await textsTo(contact)).toEqual([expect.stringMatching(/^Your code: [A-Z2-9]{8}$/), ...answers]);
    }
  });

  it('is decided wholly or not at all when the command that approves or denies it is killed', {
    timeout: 120_000,
  }, async () => {
    const poller = await stage.startPoller();
    const kills = createKillPoints(stage.dir, 'kill-points');
    const outcomes = new Set<string>();
    for (let step = 1; step <= 3; step += 1) {
      for (const [verb, decided, message] of [
        ['approve', 'approved', 'pending'],
        ['deny', 'blocked', 'dropped'],
      ] as const) {
        const contact = `+1555000${1000 + 10 * step + verb.length}`;
        await write(poller, contact, `${verb} ${step}`);
        const code = await told(contact);
        await poller.end();
        kills.arm(step);
        const { code: exit } = await stage.run('cli', ['access', verb, code], kills.env);
        const state = (await accessOf(contact))?.state;
        const [entry] = (await stage.inbox()).filter(one => one.contact === contact);
        expect([`pending unpaired`, `${decided} ${message}`]).toContain(`${state} ${entry?.state}`);
        outcomes.add(`${exit} ${state}`);
        if (state === 'pending') await access('deny', code);
        await poller.start();
      }
    }
    // Killed before its commit, after it, and not at all.
    expect([...outcomes].toSorted()).toEqual([
      '0 approved',
      '0 blocked',
      'null approved',
      'null blocked',
      'null pending',
    ]);
  });
});
