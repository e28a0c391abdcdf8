import { beforeEach, describe, expect, it } from 'vitest';
import { hour, lane, reply, replyStage, start } from './reply-stage.ts';

const at = replyStage();
const { sender, texts } = at;

async function expectSentAgain(): Promise<void> {
  expect([await at.turn(lane), await at.turn(lane)]).toEqual(['more', 'more']);
  expect(texts()).toEqual(['text of a', 'text of a']);
}

describe('a reply whose request had no answer', () => {
  beforeEach(async () => {
    await at.store.outbox.add([reply('a'), reply('b')]);
    at.results = [{ kind: 'unknown', reason: 'no answer SECRET' }];
    expect(await at.turn(lane)).toEqual({ until: start + 500 });
    expect((await at.store.outbox.get('a'))?.reason).toBe('no answer …');
    at.clock.advance(500);
  });

  it('is looked for, and nothing overtakes it', async () => {
    expect(await at.turn(lane)).toEqual({ until: start + 1000 });
    expect(texts()).toEqual(['text of a']);
    at.clock.advance(500);
    at.lookUps = [{ kind: 'found', id: 'wamid.late' }];
    expect([await at.turn(lane), await at.turn(lane)]).toEqual(['more', 'more']);
    expect(at.looks).toEqual([{ ago: 500 }, { ago: 1000 }]);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'sent', sentId: 'wamid.late' });
    expect(texts()).toEqual(['text of a', 'text of b']);
  });

  it('is sent again only after it was absent for the whole time', async () => {
    while (at.clock.now() < start + 60_000) {
      await at.turn(lane);
      expect(at.sends).toHaveLength(1);
      at.clock.advance(10_000);
    }
    await expectSentAgain();
    expect(new Set(at.sends.map(({ mark }) => mark)).size).toBe(2);
    expect(at.told.map(({ type }) => type)).toContain('reply sent again');
  });

  it('begins the time anew when the list could not be read', async () => {
    at.clock.advance(50_000);
    await at.turn(lane);
    at.lookUps = [{ kind: 'unreadable', reason: '503', retryAfter: null, refused: null }];
    at.clock.advance(11_000);
    await at.turn(lane);
    at.clock.advance(59_000);
    await at.turn(lane);
    expect(at.sends).toHaveLength(1);
    at.clock.advance(10_000);
    await expectSentAgain();
  });

  it('is looked for by a restarted process too, from the time of the message by the clock of WhatsApp', async () => {
    at.turn = sender();
    at.clock.set(-5 * hour);
    await at.turn(lane);
    expect(at.looks).toEqual([{ at: start }]);
    expect(at.sends).toHaveLength(1);
    at.clock.advance(59_000);
    await at.turn(lane);
    expect(at.sends).toHaveLength(1);
  });

  it('is looked for by a restarted process from when it left, not from the message that it answers', async () => {
    at.lookUps = [{ kind: 'found', id: 'wamid.a' }];
    await at.turn(lane);
    at.looks = [];
    at.clock.set(hour);
    [at.kapsoNow, at.toldNow] = [null, start + hour];
    at.results = [{ kind: 'unknown', reason: 'no answer' }];
    await at.turn(lane);
    at.turn = sender();
    at.clock.advance(500);
    await at.turn(lane);
    expect(at.looks).toEqual([{ at: start + hour - 30_000 }]);
  });

  it('is sent again by a restarted process after one look, when it left long ago by both clocks', async () => {
    at.turn = sender();
    at.clock.set(60_000);
    expect([await at.turn(lane), texts()]).toEqual([{ until: start + 61_000 }, ['text of a']]);
    at.clock.advance(500);
    at.kapsoNow = start + 60_000;
    await expectSentAgain();
  });

  it('is sent again by another process only when the first one cannot bring it there any more', async () => {
    at.turn = sender({ othersMayTake: 40_000 });
    for (const ms of [0, 60_000, 39_999]) {
      at.clock.advance(ms);
      await at.turn(lane);
    }
    expect([at.looks.length, at.sends.length]).toEqual([3, 1]);
    at.clock.advance(10_000);
    await expectSentAgain();
  });

  it('is sent again by another process after one look only when it left that much longer ago', async () => {
    const passed = (ms: number) => {
      at.clock.set(ms);
      at.kapsoNow = (at.kapsoNow ?? 0) + ms;
    };
    passed(99_000);
    at.turn = sender({ othersMayTake: 40_000 });
    await at.turn(lane);
    expect(at.sends).toHaveLength(1);
    passed(1000);
    at.turn = sender({ othersMayTake: 40_000 });
    await expectSentAgain();
  });

  it('is looked for anew when another process has sent it since', async () => {
    at.clock.advance(50_000);
    await at.turn(lane);
    // As another one, which did not find it either.
    await at.store.outbox.defer('a', { until: at.clock.now(), reason: 'absent', counted: true, resend: true });
    await at.store.outbox.begin('a', { mark: 'reply-of-another', recipient: '+15551234567', body: reply('a').body });
    for (const ms of [10_000, 49_999]) {
      at.clock.advance(ms);
      await at.turn(lane);
    }
    expect(at.sends).toHaveLength(1);
    expect(at.looks.at(-1)).toEqual({ at: start });
    at.clock.advance(10_001);
    await expectSentAgain();
  });

  it('waits the whole time again when a restarted process could not read the list', async () => {
    at.turn = sender();
    at.lookUps = [{ kind: 'unreadable', reason: '503', retryAfter: null, refused: null }];
    at.clock.set(3_600_000);
    at.kapsoNow = start + 3_600_000;
    for (const ms of [0, 50_000, 9000]) {
      at.clock.advance(ms);
      await at.turn(lane);
    }
    expect([at.looks.length, at.sends.length]).toEqual([3, 1]);
    at.clock.advance(10_000);
    await expectSentAgain();
  });

  it('is left to the operator when the list was refused for the whole time', async () => {
    const refusal = { kind: 'unreadable', reason: '403 SECRET', retryAfter: null, refused: 403 } as const;
    at.lookUps = Array.from({ length: 4 }, () => refusal);
    const turns: unknown[] = [];
    for (const ms of [0, 30_000, 29_000, 10_000]) {
      at.clock.advance(ms);
      turns.push(await at.turn(lane));
    }
    expect([turns.at(-2), turns.at(-1)]).toEqual([{ until: at.clock.now() - 8000 }, 'more']);
    const reason = expect.stringMatching(/may have been sent.*403 …/);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'failed', code: 403, reason });
  });

  it('is left to the operator when too much was sent since to look through', async () => {
    at.lookUps = [{ kind: 'too many' }];
    expect(await at.turn(lane)).toBe('more');
    const reason = expect.stringContaining('may have been sent');
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'failed', reason, sentId: null });
    expect(at.sends).toHaveLength(1);
  });

  it('fails when Kapso has it as failed', async () => {
    at.lookUps = [{ kind: 'failed', code: 131053, reason: 'type' }];
    await at.turn(lane);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131053 });
  });

  it('is known by the report of its mark', async () => {
    const mark = at.sends[0]?.mark ?? '';
    await at.store.outbox.report({ sentId: 'wamid.9', mark, status: 'delivered', at: start, code: null, reason: null });
    await at.turn(lane);
    expect(texts()).toEqual(['text of a', 'text of b']);
    expect(at.looks).toEqual([]);
  });
});
