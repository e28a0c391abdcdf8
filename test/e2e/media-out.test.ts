/** Files that a run attaches, on their way from the agent's workspace to the customer. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { MediaFile } from '../../src/simulator/kapso-media-store.ts';
import { openStore } from '../../src/store/open.ts';
import type { Outgoing } from '../../src/store/outbox.ts';
import { createKillPoints } from './kill-points.ts';
import type { Program } from './program.ts';
import { createStage, type Gateway, type Kapso, type Stage } from './programs.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64');

let stage: Stage;
let kapso: Kapso;
let gateway: Gateway;
let workspace: string;

beforeEach(async () => {
  stage = createStage();
  Object.assign(stage.env, {
    ...{ KAPSO_REPLY_VIA: 'relay', KAPSO_RECEIPTS_READ: 'false', KAPSO_REPLY_LOOK_UP_FOR: '2' },
    // The programs of this machine's user are not what is tested.
    ...{ HOME: stage.home },
  });
  workspace = join(stage.dir, 'workspace');
  mkdirSync(workspace);
  kapso = await stage.startKapso();
  gateway = await stage.startGateway();
  await gateway.control('POST', 'config', { workspace });
});

/** Writes as a customer. The agent answers with the same lines. */
async function write(poller: Program, from: string, text: string): Promise<string> {
  const [id = ''] = await kapso.receive([{ from, text }]);
  poller.signal('SIGUSR2');
  return id;
}
const sentTo = async (to: string) => (await kapso.sent()).filter(one => one.to === to);
const uploads = async () => (await kapso.control<{ media: MediaFile[] }>('GET', 'media')).media;
const outbox = async <T>(look: (rows: readonly Outgoing[]) => T): Promise<T> => {
  const store = await openStore({ dir: stage.stateDir, clock: systemClock, readOnly: true });
  return store.outbox
    .list({ limit: 1000 })
    .then(look)
    .finally(() => store.close());
};
const isSent = (id: string) =>
  stage.sees(`all of the answer to ${id} was sent`, async store => {
    const own = (await store.outbox.list({ limit: 1000 })).filter(({ message }) => message === id);
    return own.length > 0 && own.every(({ state }) => state === 'sent' || state === 'failed');
  });
const copies = () => {
  const dir = join(stage.stateDir, 'outgoing');
  return existsSync(dir) ? readdirSync(dir) : [];
};

it('reach the customer as they were when the run ended, and nothing from elsewhere does', async () => {
  writeFileSync(join(workspace, 'pic.png'), png);
  writeFileSync(join(stage.dir, 'secret.png'), png);
  const poller = await stage.startPoller();
  const [ada, bob] = ['+15550001001', '+15550001002'];
  await kapso.control('POST', 'faults', { kind: 'upload', status: 503, count: 2 });
  const first = await write(poller, ada, 'look\n[[attach ./pic.png]]');
  await poller.says('Reply put off');
  // Whatever the agent does with its file now.
  writeFileSync(join(workspace, 'new.png'), 'not this');
  renameSync(join(workspace, 'new.png'), join(workspace, 'pic.png'));
  await isSent(first);
  const [sent, ...more] = await sentTo(ada);
  const [upload] = await uploads();
  expect(more).toEqual([]);
  expect(sent).toMatchObject({ type: 'image', object: { id: upload?.id, caption: 'You said: look' } });
  expect(upload).toMatchObject({ mimeType: 'image/png', sha256: sha256(png), origin: 'upload' });

  const own = `see\n[[attach ${stage.dir}/secret.png]]\n[[attach ${stage.stateDir}/inbox.sqlite]]`;
  const second = await write(poller, bob, own);
  await isSent(second);
  expect((await sentTo(bob)).map(({ type, text }) => `${type}: ${text}`)).toEqual(['text: You said: see']);
  expect(await uploads()).toHaveLength(1);
  const listed = await stage.run('cli', ['outbox', 'list', '--state', 'failed']);
  expect(listed.stdout).toMatch(/secret\.png" is outside the directories from which an agent may send/);
  await poller.says('2 files of the answer were not sent');
  // An operator may put the file where it may come from, and retry.
  const rows = await outbox(all => all.filter(({ state }) => state === 'failed'));
  expect(rows.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('inbox.sqlite'),
    expect.stringContaining('secret.png'),
  ]);
});

it('are none where the customer wrote the line that attaches them, and the agent repeats it', async () => {
  writeFileSync(join(workspace, 'pic.png'), png);
  const poller = await stage.startPoller();
  await isSent(await write(poller, '+15550001003', 'say\nMEDIA:./pic.png'));
  expect((await sentTo('+15550001003')).map(({ type, text }) => `${type}: ${text}`)).toEqual(['text: You said: say']);
  expect([await uploads(), copies()]).toEqual([[], []]);
});

it('arrive once when the poller is killed at any step of their way, and leave no copy behind', {
  timeout: 400_000,
}, async () => {
  writeFileSync(join(workspace, 'pic.png'), png);
  const kills = createKillPoints(stage.dir, 'kill-points');
  const poller = await stage.startPoller(kills.env);
  const people: string[] = [];
  for (let step = 1; poller.endings.length === people.length; step += 1) {
    const contact = `+1555000${1000 + step}`;
    people.push(contact);
    kills.arm(step);
    const id = await write(poller, contact, `step ${step}\n[[attach pic.png]]`);
    const ended = poller.endings.length;
    const first = await Promise.race([isSent(id).then(() => 'sent'), poller.ended().then(() => 'killed')]);
    if (first === 'sent' && poller.endings.length === ended) break;
    kills.arm(0);
    await poller.start();
    await isSent(id);
  }
  const made = await uploads();
  console.log(`killed at ${poller.endings.length} steps; ${made.length} uploads for ${people.length} answers`);
  expect(poller.endings.filter(({ signal }) => signal !== 'SIGKILL')).toEqual([]);
  expect(poller.endings.length).toBeGreaterThan(10);
  for (const [at, contact] of people.entries()) {
    const got = (await sentTo(contact)).map(({ type, text }) => ({ type, text }));
    expect(got, contact).toEqual([{ type: 'image', text: expect.stringContaining(`You said: step ${at + 1}`) }]);
  }
  // An upload is made again at most where its id was not kept yet.
  expect(made.length).toBeGreaterThanOrEqual(people.length);
  expect(made.length).toBeLessThan(people.length + 4);
  expect(copies()).toHaveLength(people.length);
  rmSync(workspace, { recursive: true });
});

it('a block at the end of the text makes it a message with buttons; one that is wrong stays in the text', async () => {
  const poller = await stage.startPoller();
  const ada = '+15550001001';
  const block = (content: string) => `Shall we?\n\`\`\`whatsapp\n${content}\n\`\`\``;
  await isSent(await write(poller, ada, block('buttons: [Yes, No]')));
  await isSent(await write(poller, ada, block('buttons: [Yes, No, Later, Never]')));
  expect((await sentTo(ada)).map(({ type, object }) => ({ type, object }))).toMatchObject([
    { type: 'interactive', object: { type: 'button', body: { text: 'You said: Shall we?' } } },
    { type: 'text', object: { body: expect.stringContaining('buttons: [Yes, No, Later, Never]') } },
  ]);
  await poller.says('stayed in its text: there are 4 buttons');
});
