import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { admitAll } from '../../src/domain/admit.ts';
import { createIntake } from '../../src/intake/accept.ts';
import type { KapsoTime } from '../../src/intake/kapso-time.ts';
import { createSenderTurns } from '../../src/intake/sender-turns.ts';
import type { Normalised } from '../../src/kapso/inbound/normalised.ts';
import type { Store } from '../../src/store/store.ts';
import { silentLog } from '../silent-log.ts';

/** Work that ends when the test says so. */
function harness(most: number) {
  const turns = createSenderTurns(most);
  const begun: string[] = [];
  const ended: string[] = [];
  const ends = new Map<string, { end: () => void; fail: (error: Error) => void }>();
  const run = (sender: string, name: string) => {
    const work = () => {
      begun.push(name);
      return new Promise<string>((resolve, reject) => ends.set(name, { end: () => resolve(name), fail: reject }));
    };
    return turns.run(sender, work).then(
      result => void ended.push(result),
      (error: Error) => void ended.push(error.message),
    );
  };
  const end = async (name: string, error?: Error) => {
    if (error) ends.get(name)?.fail(error);
    else ends.get(name)?.end();
    await turnOfLoop();
  };
  return { run, begun, ended, end };
}

describe('turns of senders', () => {
  it('let one have so much under way, and do what it began first first', async () => {
    const { run, begun, ended, end } = harness(2);
    for (const name of ['1', '2', '3', '4']) void run('a', name);
    expect(begun).toEqual(['1', '2']);
    await end('2');
    expect(begun).toEqual(['1', '2', '3']);
    await end('1');
    expect(begun).toEqual(['1', '2', '3', '4']);
    await end('3');
    await end('4');
    expect(ended).toEqual(['2', '1', '3', '4']);
  });

  it('let nobody wait for what another sender has under way', () => {
    const { run, begun } = harness(1);
    for (const [sender, name] of ['a1', 'a2', 'b1', 'c1'].entries()) void run(`${name[0]}`, `${name}${sender}`);
    expect(begun).toEqual(['a10', 'b12', 'c13']);
  });

  it('go on after work that failed, and whoever has nothing under way begins anew', async () => {
    const { run, begun, ended, end } = harness(1);
    void run('a', '1');
    void run('a', '2');
    await end('1', new Error('the disk is full'));
    await end('2');
    expect(ended).toEqual(['the disk is full', '2']);
    void run('a', '3');
    void run('a', '4');
    expect(begun).toEqual(['1', '2', '3']);
  });
});

function message(from: string, id: string): Normalised {
  const sender = { phone: from, userId: null, name: null, username: null };
  const text = { type: 'text', text: 'hello', media: null };
  return { kind: 'message', message: { id, account: '1', sender, conversationId: null, timestamp: 1, ...text } };
}

it('the inbox takes few deliveries of a sender at a time, however many come, and those of others beside them', async () => {
  const taken: string[] = [];
  let commit = () => {};
  const store = {
    accept: ([entry]: { id: string }[]) => {
      taken.push(`${entry?.id}`);
      const before = commit;
      return new Promise(resolve => {
        commit = () => {
          before();
          resolve({ inserted: [`${entry?.id}`], failed: [], refused: [], lanes: [], replyLanes: [], pairings: [] });
        };
      });
    },
  } as unknown as Store;
  const kapsoTime = { observeMessage: () => {} } as unknown as KapsoTime;
  const rest = {
    checkClock: () => {},
    log: silentLog,
    wake: () => {},
    wakeReplies: () => {},
    emit: () => {},
    tellAgent: () => false,
  };
  const sessionFor = () => ({ key: 'session', of: 'conversation' as const });
  const intake = createIntake({ store, account: '1', sessionFor, admit: admitAll, kapsoTime, ...rest });

  const flood = Array.from({ length: 10 }, (_, at) => intake.accept([message('15550001', `flood ${at}`)]));
  void intake.accept([message('15550002', 'other')]);
  expect(taken).toEqual(['flood 0', 'flood 1', 'flood 2', 'flood 3', 'other']);
  while (taken.length < 11) {
    const now = commit;
    commit = () => {};
    now();
    await turnOfLoop();
  }
  commit();
  await Promise.all(flood);
  expect(taken.filter(id => id !== 'other')).toEqual(Array.from({ length: 10 }, (_, at) => `flood ${at}`));
});
