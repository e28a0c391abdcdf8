import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { readMarks } from '../../src/state/send-marks.ts';
import { type Answer, type ApiServer, accepted, account, runCli, startApi, startCli } from './program.ts';

const people = ['+15551234567', '+4915112345678', 'US.13491208655302741918'] as const;
const toAll = people.flatMap(to => ['--to', to]);
const refused = { status: 400, body: { error: { message: '(#131026) Message undeliverable', code: 131026 } } };
let server: ApiServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

async function sendTo(answer: (post: number) => Answer | null, args: string[]) {
  const stateDir = mkdtempSync(join(tmpdir(), 'send-recipients-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true }));
  server = await startApi(answer);
  const ended = await runCli(['send', ...args], { env: { ...account(server), KAPSO_STATE_DIR: stateDir } });
  const marks = readMarks(stateDir, { since: 0 }).map(({ contact, state, ids }) => ({ contact, state, ids }));
  return { ...ended, marks, posts: server.posts.map(({ body }) => body.to ?? body.recipient) };
}

describe('kapso-whatsapp-cli send to several recipients', () => {
  test('sends to one after the other, and says which id is whose', async () => {
    const ended = await sendTo(accepted, [...toAll, 'Hello']);
    expect(ended).toMatchObject({ code: 0, stderr: '', posts: people });
    expect(ended.stdout).toBe(people.map((to, at) => `${to} wamid.OUT${at + 1}\n`).join(''));
    expect(ended.marks).toHaveLength(3);
    expect(ended.marks).toContainEqual({ contact: people[1], state: 'sent', ids: ['wamid.OUT2'] });
  });

  test('goes on after a failure that is of one recipient, and ends with its exit code', async () => {
    const ended = await sendTo(post => (post === 2 ? refused : accepted(post)), [...toAll, 'Hello']);
    expect(ended).toMatchObject({ code: 69, posts: people });
    expect(ended.stdout).toBe(`${people[0]} wamid.OUT1\n${people[2]} wamid.OUT3\n`);
    expect(ended.stderr).toMatch(
      /^kapso-whatsapp-cli: \+4915112345678: sending to \+4915112345678 failed .*131026.*\n$/,
    );
    expect(ended.marks).toContainEqual({ contact: people[1], state: 'failed', ids: [] });
  });

  test('stops after a failure that is of all, and names those who got nothing', async () => {
    const ended = await sendTo(
      post => (post === 2 ? { status: 401, body: { error: 'no' } } : accepted(post)),
      [...toAll, 'Hello'],
    );
    expect(ended).toMatchObject({ code: 77, stdout: `${people[0]} wamid.OUT1\n`, posts: people.slice(0, 2) });
    expect(ended.stderr).toMatch(/for that reason nothing was sent to US\.13491208655302741918\.\n$/);
    expect(ended.marks).toContainEqual({ contact: people[2], state: 'failed', ids: [] });
  });

  test('prints with --json the result of each, and the exit code of the worst', async () => {
    const answers: Record<number, Answer> = { 1: refused, 2: { status: 401, body: { error: 'no' } } };
    const ended = await sendTo(post => answers[post] ?? accepted(post), ['--json', ...toAll, 'Hello']);
    expect(ended).toMatchObject({ code: 77, stderr: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({
      results: [
        { to: people[0], messages: [], error: { code: 'KAPSO_REFUSED', metaCode: 131026 }, exitCode: 69 },
        { to: people[1], messages: [], error: { code: 'KAPSO_UNAUTHORIZED' }, exitCode: 77 },
        { to: people[2], messages: [], error: { code: 'KAPSO_UNAUTHORIZED' }, exitCode: 77, untried: true },
      ],
      exitCode: 77,
    });
  });

  test('gives each recipient all the parts of a long text, and stops only with the one whose part fails', async () => {
    const ended = await sendTo(
      post => (post === 2 ? refused : accepted(post)),
      [...toAll.slice(0, 4), 'x'.repeat(9000)],
    );
    expect(ended.posts).toEqual([people[0], people[0], people[1], people[1], people[1]]);
    expect(ended).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(/\+15551234567: part 2 of 3 was not sent: /),
    });
  });

  test('reaches nobody and waits once where Kapso is away', async () => {
    const gone = await startApi(accepted);
    await gone.close();
    const ended = await runCli(['send', ...toAll, '--wait', '0', 'Hello'], { env: account(gone) });
    expect(ended).toMatchObject({ code: 69, stdout: '' });
    expect(ended.stderr.match(/Nothing was sent/g)).toHaveLength(1);
    expect(ended.stderr).toContain('for that reason nothing was sent to +4915112345678, US.13491208655302741918.');
  });

  test('says at a signal of each what it got, and sends to no further one', async () => {
    let reached = () => {};
    const second = new Promise<void>(resolve => {
      reached = resolve;
    });
    const kapso = await startApi(post => {
      if (post === 1) return accepted(post);
      reached();
      return null;
    });
    server = kapso;
    const child = startCli(['send', ...toAll, '--json', 'Hello'], account(kapso));
    const said = Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, 'close')]);
    await second;
    child.kill('SIGTERM');
    const [stdout, stderr, [code]] = await said;
    expect({ code, stderr, posts: kapso.posts.length }).toEqual({ code: 143, stderr: '', posts: 2 });
    const error = { code: 'SEND_INTERRUPTED' };
    expect(JSON.parse(stdout).results).toMatchObject([
      { to: people[0], messages: [{ id: 'wamid.OUT1', part: 1 }] },
      { to: people[1], messages: [], error: { ...error, message: expect.stringContaining('may have been sent') } },
      { to: people[2], error: { ...error, message: expect.stringContaining('was not sent') }, untried: true },
    ]);
  });
});
