import { describe, expect, it } from 'vitest';
import { readContent } from '../../src/domain/outgoing-body.ts';
import { fileAt, hour, image, lane, refused, reply, replyStage, start } from './reply-stage.ts';

const at = replyStage();
const { sender, stateOf, texts } = at;

describe('a reply with a file', () => {
  it('is uploaded before it leaves, and its row keeps the id and the file', async () => {
    await at.store.outbox.add([reply('a', { body: image({ caption: 'Here' }) })]);
    expect(await at.turn(lane)).toBe('more');
    expect(at.uploads).toEqual(['/out/a.png']);
    expect(at.sends[0]?.content).toEqual({ kind: 'media', media: 'image', caption: 'Here', source: { id: 'media-1' } });
    const row = await at.store.outbox.get('a');
    expect(row?.state).toBe('sent');
    expect(readContent(row?.body ?? '')).toMatchObject({ source: { file: fileAt('/out/a.png'), uploaded: 'media-1' } });
  });

  it('is uploaded once when this program ends between the upload and the send, or during the send', async () => {
    await at.store.outbox.add([reply('a', { body: image() })]);
    at.beforeResult = async () => {
      at.stop.abort();
      throw at.stop.signal.reason;
    };
    expect(await at.turn(lane)).toBe('empty');
    expect(await stateOf('a')).toBe('sending');
    // The next process: first as if nothing had left, then with a send in doubt.
    [at.stop, at.beforeResult] = [new AbortController(), async () => undefined];
    at.turn = sender();
    await at.store.outbox.defer('a', { until: 0, reason: 'not taken', counted: false, resend: true });
    at.results = [{ kind: 'unknown', reason: 'cut off' }];
    await at.turn(lane);
    at.lookUps = [{ kind: 'found', id: 'wamid.found' }];
    at.clock.advance(60_000);
    expect(await at.turn(lane)).toBe('more');
    expect(at.uploads).toHaveLength(1);
    expect(at.sends.map(({ content }) => content.kind === 'media' && content.source)).toEqual([
      { id: 'media-1' },
      { id: 'media-1' },
    ]);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'sent', sentId: 'wamid.found' });
  });

  it('is not uploaded again when this program ends right after the upload, before anything left', async () => {
    await at.store.outbox.add([reply('a', { body: image() })]);
    at.kapsoNow = null;
    at.onUpload = () => at.stop.abort();
    expect(await at.turn(lane)).toBe('empty');
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'pending', mark: null });
    [at.stop, at.onUpload] = [new AbortController(), () => undefined];
    at.turn = sender();
    expect(await at.turn(lane)).toBe('more');
    expect(at.uploads).toHaveLength(1);
    expect(at.sends.map(({ content }) => content.kind === 'media' && content.source)).toEqual([{ id: 'media-1' }]);
  });

  it('waits when Kapso does not take the upload now, and begins nothing before', async () => {
    await at.store.outbox.add([reply('a', { body: image() })]);
    at.uploadResults = [{ kind: 'not now', all: true, operator: false, reason: '503 SECRET', retryAfter: 9000 }];
    expect(await at.turn(lane)).toEqual({ until: start + 9000 });
    expect(await at.store.outbox.get('a')).toMatchObject({
      state: 'pending',
      mark: null,
      reason: '503 …',
      attempts: 0,
    });
    at.clock.advance(9000);
    expect(await at.turn(lane)).toBe('more');
    expect(await stateOf('a')).toBe('sent');
  });

  it('waits for the machine that has the file, where others share the store, and is due for that one meanwhile', async () => {
    const file = { ...fileAt('/out/a.png'), machine: 'one' };
    await at.store.outbox.add([reply('a', { body: image({ source: { file } }) })]);
    at.elsewhere = ['/out/a.png'];
    const other = sender({ othersMayTake: 40_000 });
    for (let looks = 0; looks < 3; looks += 1) {
      expect(await other(lane)).toEqual({ until: at.clock.now() + 10_000 });
      at.clock.advance(10_000);
    }
    expect(at.told).toMatchObject([{ type: 'reply put off', operator: false }]);
    const reason = 'Its file is on one, as /out/a.png: it waits for the poller there';
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'pending', reason, attempts: 0, retryAt: start });
    at.elsewhere = [];
    const owner = sender({ othersMayTake: 40_000 });
    expect(await owner(lane)).toBe('more');
    expect([at.uploads, await stateOf('a')]).toEqual([['/out/a.png'], 'sent']);
  });

  it('is given up when no poller of that machine comes, with the machine, and its caption goes as a text', async () => {
    const file = { ...fileAt('/out/a.png'), machine: 'one' };
    await at.store.outbox.add([reply('a', { body: image({ source: { file }, caption: 'Here' }) })]);
    at.elsewhere = ['/out/a.png'];
    const other = sender({ othersMayTake: 40_000 });
    await other(lane);
    at.clock.advance(299_999);
    expect(await other(lane)).toEqual({ until: at.clock.now() + 10_000 });
    at.clock.advance(1);
    expect([await other(lane), await other(lane)]).toEqual(['more', 'more']);
    expect(await at.store.outbox.get('a')).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(
        /^Its file is on one, as \/out\/a\.png, and no poller there has sent it within 5 min/,
      ),
    });
    expect(at.uploads).toEqual([]);
    expect(texts()).toEqual(['Here']);
  });

  it('is uploaded again when Meta does not know the id any more, and fails when that does not help', async () => {
    const body = image({ source: { file: fileAt('/out/a.png'), uploaded: 'dead' } });
    await at.store.outbox.add([reply('a', { body }), reply('b', { body })]);
    at.results = [refused(100)];
    expect([await at.turn(lane), await at.turn(lane)]).toEqual(['more', 'more']);
    expect(at.sends.map(({ content }) => content.kind === 'media' && content.source)).toEqual([
      { id: 'dead' },
      { id: 'media-1' },
    ]);
    expect(await stateOf('a')).toBe('sent');
    at.results = [refused(100), refused(100)];
    expect([await at.turn(lane), await at.turn(lane)]).toEqual(['more', 'more']);
    expect(await at.store.outbox.get('b')).toMatchObject({ state: 'failed', code: 100 });
    expect(at.uploads).toHaveLength(2);
  });

  it('that fails takes neither its caption nor what follows with it', async () => {
    const parts = { message: 'a', answer: 'a#1', parts: 2 };
    await at.store.outbox.add([
      reply('a/1', { ...parts, body: image({ caption: 'The words', quote: 'wamid.q' }) }),
      reply('a/2', { ...parts, part: 2 }),
    ]);
    at.uploadResults = [refused(131053, 'not a picture')];
    expect([await at.turn(lane), await at.turn(lane), await at.turn(lane), await at.turn(lane)]).toEqual([
      ...['more', 'more', 'more', 'empty'],
    ]);
    expect(texts()).toEqual(['text of a/2', 'The words']);
    expect(at.sends[1]?.content).toEqual({ kind: 'text', text: 'The words', quote: 'wamid.q' });
    const failed = await at.store.outbox.get('a/1');
    expect(failed).toMatchObject({ state: 'failed', code: 131053, reason: 'not a picture' });
    // A retry sends the picture alone.
    await at.store.outbox.retry(['a/1']);
    expect(await at.turn(lane)).toBe('more');
    expect(at.sends[2]?.content).toEqual({ kind: 'media', media: 'image', source: { id: 'media-2' } });
    expect(at.told.find(({ type }) => type === 'reply failed')).toMatchObject({
      reply: 'a/1',
      reason: 'not a picture',
    });
  });

  it('to whom nothing can be delivered gets no caption alone either', async () => {
    await at.store.outbox.add([reply('a', { body: image({ caption: 'The words' }) })]);
    at.results = [refused(131026, 'undeliverable')];
    expect([await at.turn(lane), await at.turn(lane)]).toEqual(['more', 'empty']);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131026 });
    expect(at.sends).toHaveLength(1);
  });

  it('that could not be taken is taken when an operator retries it', async () => {
    const body = image({ source: { named: './b.png' } });
    await at.store.outbox.add([reply('a', { body, failure: 'outside' })]);
    await at.store.outbox.retry(['a']);
    expect(await at.turn(lane)).toBe('more');
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'failed', reason: './b.png is a secret. No' });
    at.takeable = { './b.png': '/out/b.png' };
    await at.store.outbox.retry(['a']);
    expect(await at.turn(lane)).toBe('more');
    expect(at.uploads).toEqual(['/out/b.png']);
    expect(await stateOf('a')).toBe('sent');
  });

  it('that could not be taken waits for a gateway that is away: it says where the agent works', async () => {
    const body = image({ source: { named: './away.png' } });
    await at.store.outbox.add([reply('a', { body, failure: 'outside' })]);
    await at.store.outbox.retry(['a']);
    expect(await at.turn(lane)).toEqual({ until: start + 60_000 });
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'pending', reason: 'no gateway', attempts: 0 });
  });

  it('is not uploaded when its time is over', async () => {
    await at.store.outbox.add([reply('a', { body: image() })]);
    at.kapsoNow = at.clock.now() + 25 * hour;
    at.clock.advance(25 * hour);
    expect(await at.turn(lane)).toBe('more');
    expect(at.uploads).toEqual([]);
    expect(await at.store.outbox.get('a')).toMatchObject({ state: 'failed', code: 131047 });
  });
});
