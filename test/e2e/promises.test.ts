import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Reaction } from '../../src/simulator/kapso-send.ts';
import { apiKey, createStage, type Gateway, type Kapso, type Stage } from './programs.ts';

async function start(): Promise<{ stage: Stage; kapso: Kapso; gateway: Gateway }> {
  const stage = createStage();
  return { stage, kapso: await stage.startKapso(), gateway: await stage.startGateway() };
}

describe('one run for a message', () => {
  it('however often Kapso lists it, over restarts, and when it comes anew long afterwards', async () => {
    const { stage, kapso, gateway } = await start();
    const poller = await stage.startPoller();
    const id = 'wamid.again';
    await kapso.receive([{ id, text: 'only once' }]);
    poller.signal('SIGUSR2');
    await stage.holds('settled', 1);
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await poller.end(signal);
      const listed = (await kapso.lists()).length;
      await poller.start();
      await kapso.reaches('list', listed + 1);
    }
    await gateway.end('SIGKILL');
    await kapso.end('SIGKILL');
    // The memory of both others is gone. Only the poller's is left.
    await gateway.start();
    const forgetful = await stage.startKapso([]);
    await poller.end('SIGTERM');
    const later = stage.poller();
    await later.start();
    await forgetful.receive([
      { id, text: 'only once' },
      { id: 'wamid.new', text: 'another' },
    ]);
    await forgetful.reaches('list', 1);
    later.signal('SIGUSR2');
    await stage.holds('settled', 2);
    expect((await gateway.runs()).map(({ key }) => key)).toEqual([id, 'wamid.new']);
  });

  it.each([
    ['after', []],
    ['before', [{ method: 'agent', do: 'drop-after' }]],
  ])(
    'when poller and gateway are killed in the middle of it, %s the poller heard that it was taken',
    async (_, faults) => {
      const { stage, kapso, gateway } = await start();
      const poller = await stage.startPoller();
      await poller.says('Connected to the gateway');
      await gateway.control('POST', 'faults', faults);
      await kapso.receive([{ text: 'long [[slow 1000]]' }]);
      poller.signal('SIGUSR2');
      await gateway.reaches('started', 1);
      await Promise.all([poller.end('SIGKILL'), gateway.end('SIGKILL')]);
      await Promise.all([poller.start(), gateway.start()]);
      await stage.holds('settled', 1);
      // The gateway itself resumes what its end cut off. That run is the answer.
      expect((await gateway.runs()).map(({ recovery, status }) => [recovery, status])).toEqual([
        [false, 'lost'],
        [true, 'ok'],
      ]);
    },
  );

  it('when the gateway gave it up before it began: it is asked for again under a new key', async () => {
    const { stage, kapso, gateway } = await start();
    await gateway.control('POST', 'config', { startDelay: 60_000 });
    const poller = await stage.startPoller();
    await kapso.receive([{ id: 'wamid.parked', text: 'hello' }]);
    poller.signal('SIGUSR2');
    await poller.says('Message taken by the gateway');
    await gateway.end('SIGKILL');
    await gateway.start();
    await stage.holds('settled', 1);
    expect(await gateway.runs()).toMatchObject([{ key: 'wamid.parked:2', status: 'ok' }]);
  });

  it.each(['drop', 'drop-after'])('when the connection breaks on the way (%s)', async fault => {
    const { stage, kapso, gateway } = await start();
    const poller = await stage.startPoller();
    await poller.says('Connected to the gateway');
    await gateway.control('POST', 'faults', [
      { method: 'agent', do: fault },
      { method: 'agent.wait', do: fault },
      { method: 'chat.history', do: fault },
    ]);
    await kapso.receive([{ text: 'first' }, { text: 'second' }]);
    poller.signal('SIGUSR2');
    await stage.holds('settled', 2);
    expect((await gateway.runs()).map(({ reply }) => reply)).toEqual(['You said: first', 'You said: second']);
  });
});

describe('read marks', () => {
  /** Resolves when so many have come. */
  async function marks(kapso: Kapso, count: number): Promise<void> {
    while ((await kapso.reads()).length < count) {
      const { counts } = await kapso.control<{ counts: { read?: number } }>('GET', 'state');
      if ((await kapso.reads()).length < count) await kapso.reaches('read', 1 + (counts.read ?? 0));
    }
  }

  it('arrive with the typing indicator once the run has begun, one for each message', async () => {
    const { stage, kapso, gateway } = await start();
    const poller = await stage.startPoller();
    const ids = await kapso.receive([
      { text: 'slow [[slow 1500]]' },
      { text: 'next' },
      { text: 'from another', from: '+15550002000' },
    ]);
    poller.signal('SIGUSR2');
    await marks(kapso, 2);
    // The first run still goes on, so the next message has not been read.
    expect((await kapso.reads()).map(({ messageId }) => messageId).toSorted()).toEqual([ids[0], ids[2]].toSorted());
    await stage.holds('settled', 3);
    await marks(kapso, 3);
    const accepted = new Map((await gateway.runs()).map(run => [run.key, run]));
    for (const { messageId, typing } of await kapso.reads()) {
      expect(typing).toBe(true);
      expect(accepted.has(messageId)).toBe(true);
    }
  });

  it.each([
    ['KAPSO_RECEIPTS_TYPING', [false]],
    ['KAPSO_RECEIPTS_READ', []],
  ])('are less or none with %s=false', async (variable, typing) => {
    const { stage, kapso } = await start();
    const off = { KAPSO_RECEIPTS_TYPING: 'false', [variable]: 'false' };
    const poller = await stage.startPoller(off);
    await kapso.receive([{ text: 'hello' }]);
    poller.signal('SIGUSR2');
    await stage.holds('settled', 1);
    await marks(kapso, typing.length);
    expect(await poller.end()).toMatchObject({ code: 0 });
    expect((await kapso.reads()).map(mark => mark.typing)).toEqual(typing);
  });

  it('come with a reaction where one is set, which goes when the message is answered, also after a kill', async () => {
    const { stage, kapso } = await start();
    const poller = await stage.startPoller({ KAPSO_RECEIPTS_REACTION: '👀' });
    const [id] = await kapso.receive([{ text: 'slow [[slow 1500]]' }]);
    poller.signal('SIGUSR2');
    await kapso.reaches('react', 1);
    await poller.end('SIGKILL');
    await poller.start();
    await stage.holds('settled', 1);
    expect(await poller.end()).toMatchObject({ code: 0 });
    const { reactions } = await kapso.control<{ reactions: Reaction[] }>('GET', 'reactions');
    expect(reactions.every(({ messageId }) => messageId === id)).toBe(true);
    // It may have been set once more, by the process that found the run under way.
    expect([reactions.at(0)?.emoji, reactions.at(-1)?.emoji]).toEqual(['👀', '']);
  });

  it('that Kapso refuses change nothing', async () => {
    const { stage, kapso } = await start();
    await kapso.control('POST', 'faults', { kind: 'read', status: 500, count: 100 });
    const poller = await stage.startPoller();
    await kapso.receive([{ text: 'hello' }]);
    poller.signal('SIGUSR2');
    await stage.holds('settled', 1);
    await poller.says('The read mark could not be set');
    expect(poller.ready).toBe(true);
  });
});

describe('an operator at work while the poller runs', () => {
  it('has a failed message run once more with "inbox retry", and no other', async () => {
    const { stage, kapso, gateway } = await start();
    const poller = await stage.startPoller();
    const ids = await kapso.receive([
      { text: 'fails [[fail-late]]' },
      { text: 'fails too [[fail-late]]' },
      { text: 'is fine' },
    ]);
    poller.signal('SIGUSR2');
    await stage.holds('failed', 2);
    await stage.holds('settled', 1);
    const listed = await stage.run('cli', ['inbox', 'list', '--state', 'failed', '--full']);
    expect(listed.stdout).toContain(String(ids[0]));
    expect(listed.stdout).toContain('after it had used tools');

    expect(await stage.run('cli', ['inbox', 'retry', String(ids[0])])).toMatchObject({ code: 0 });
    await gateway.reaches('runs', 4);
    await stage.holds('failed', 2);
    const keys = (await gateway.runs()).map(({ key }) => key);
    expect(keys).toEqual([...ids, `${ids[0]}:2`]);
  });

  it('has a waiting message never run with "inbox drop"', async () => {
    const { stage, kapso, gateway } = await start();
    const poller = await stage.startPoller();
    await poller.says('Connected to the gateway');
    await gateway.end('SIGKILL');
    const ids = await kapso.receive([{ text: 'unwanted' }, { text: 'wanted' }]);
    poller.signal('SIGUSR2');
    await stage.holds('pending', 2);
    expect(await stage.run('cli', ['inbox', 'drop', String(ids[0])])).toMatchObject({ code: 0 });
    await gateway.start();
    await stage.holds('settled', 1);
    expect((await gateway.runs()).map(({ reply }) => reply)).toEqual(['You said: wanted']);
    expect(await stage.counts()).toMatchObject({ dropped: 1, settled: 1 });
    // Nothing went wrong, and nothing says so.
    expect(poller.lines.filter(line => line.includes('"level":50'))).toEqual([]);
  });
});

describe('the API key', () => {
  /** Every file below the directory with its content, binary ones too. */
  function files(dir: string): [string, string][] {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .map(path => [path, readFileSync(path, 'latin1')]);
  }

  it('is in nothing that is written, even when Kapso says it back', async () => {
    const { stage, kapso } = await start();
    const poller = await stage.startPoller();
    const echo = { error: 'Bad request', message: `the key ${apiKey} is not welcome` };
    await kapso.control('POST', 'faults', [
      { kind: 'list', status: 400, body: echo },
      { kind: 'list', status: 500, body: `<p>${apiKey}</p>` },
      { kind: 'list', status: 200, body: apiKey },
      {
        kind: 'list',
        status: 200,
        body: { data: [{ id: 'wamid.odd', type: 'text', timestamp: 'never' }], paging: {} },
      },
      { kind: 'read', status: 400, body: echo },
      { kind: 'send', status: 400, body: echo },
    ]);
    await kapso.receive([{ text: 'hello' }]);
    let seen = 0;
    for (let poll = 0; poll < 3; poll += 1) {
      poller.signal('SIGUSR2');
      seen = 1 + (await poller.says('Polling Kapso failed', seen));
    }
    poller.signal('SIGUSR2');
    await poller.says('Polling Kapso works again');
    poller.signal('SIGUSR2');
    await stage.holds('settled', 1);
    await poller.says('The read mark could not be set');

    const said: string[] = [...poller.lines];
    for (const args of [
      ['status'],
      ['inbox', 'list', '--full'],
      ['config', 'show'],
      ['config', 'check'],
      ['send', '--to', '+15551234567', '--text', 'x'],
    ]) {
      for (const more of [[], ['--json']]) {
        const { stdout, stderr } = await stage.run('cli', [...args, ...more]);
        said.push(stdout, stderr);
      }
    }
    await poller.end();
    said.push(...poller.lines);
    const written = [...files(stage.stateDir), ...files(stage.home)];
    expect(written.map(([path]) => path).join()).toContain('status.json');
    for (const secret of [apiKey, String(stage.env.OPENCLAW_TOKEN)]) {
      expect(said.filter(text => text.includes(secret))).toEqual([]);
      expect(written.filter(([, content]) => content.includes(secret)).map(([path]) => path)).toEqual([]);
    }
  });
});
