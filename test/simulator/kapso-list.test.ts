import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KapsoOptions, type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { manualClock } from '../manual-clock.ts';
import { kapsoClient } from './kapso-client.ts';

const start = Date.parse('2026-11-22T12:00:00.000Z');
let clock: ReturnType<typeof manualClock>;
let kapso: KapsoSimulator;
let client: ReturnType<typeof kapsoClient>;

async function begin(options: KapsoOptions = {}): Promise<void> {
  clock = manualClock(start);
  kapso = await startKapsoSimulator({ clock, ...options });
  client = kapsoClient(kapso);
}
const ids = (body: { data: { id: string }[] }) => body.data.map(row => row.id);

/** Follows `after` to the end. */
async function walk(query: string): Promise<{ found: string[]; pages: number }> {
  const found: string[] = [];
  let after: string | null = null;
  for (let pages = 1; ; pages += 1) {
    const { body } = await client.list(after === null ? query : `${query}&after=${encodeURIComponent(after)}`);
    found.push(...ids(body));
    after = body.paging.cursors.after ?? null;
    if (after === null || body.data.length === 0) return { found, pages };
  }
}

beforeEach(() => begin());
afterEach(() => kapso.close());

describe('the list', () => {
  it('shows a row in the documented form', async () => {
    const [id] = await client.inbound({ from: '+15550104477', name: 'Zoe', text: 'hello' });
    const { body } = await client.list('direction=inbound');
    expect(body.data).toEqual([
      {
        id,
        timestamp: String(start / 1000),
        type: 'text',
        from: '15550104477',
        text: { body: 'hello' },
        kapso: expect.objectContaining({
          direction: 'inbound',
          status: 'delivered',
          phone_number: '+15550104477',
          contact_name: 'Zoe',
          content: 'hello',
        }),
      },
    ]);
  });

  it('has an empty from for a sender who hides the number', async () => {
    await client.inbound({ userId: 'US.42', text: 'hello' });
    const { body } = await client.list();
    expect(body.data[0]).toMatchObject({ from: '', from_user_id: 'US.42', kapso: { phone_number: null } });
  });

  it('gives 20 rows by default and 100 at most', async () => {
    await client.inbound({ text: '{n}', count: 120 });
    expect((await client.list()).body.data).toHaveLength(20);
    expect((await client.list('limit=100')).body.data).toHaveLength(100);
    expect((await client.list('limit=101')).status).toBe(400);
  });

  it.each(['newest-first', 'oldest-first'] as const)('gives every row once, %s, page by page', async order => {
    await client.sim('POST', 'config', { order });
    const sent = await client.inbound({ text: '{n}', count: 45 });
    const { found, pages } = await walk('limit=10');
    expect(found).toEqual(order === 'newest-first' ? sent.toReversed() : sent);
    expect(pages).toBe(5);
  });

  it('finds the page before with before, in list order', async () => {
    await client.inbound({ text: '{n}', count: 30 });
    const first = (await client.list('limit=10')).body;
    const second = (await client.list(`limit=10&after=${encodeURIComponent(first.paging.cursors.after)}`)).body;
    const back = (await client.list(`limit=10&before=${encodeURIComponent(second.paging.cursors.before)}`)).body;
    expect(ids(back)).toEqual(ids(first));
    expect(first.paging.cursors.before).toBeNull();
    expect(new URL(second.paging.next).searchParams.get('after')).toBe(second.paging.cursors.after);
  });

  it('makes cursors of created_at in microseconds and the id', async () => {
    await client.inbound({ text: '{n}', count: 3 });
    const { after } = (await client.list('limit=1')).body.paging.cursors;
    const decoded = JSON.parse(Buffer.from(after, 'base64').toString());
    expect(decoded.columns).toEqual(['created_at', 'id']);
    expect(decoded.values).toEqual(['2026-11-22T12:00:00.000002Z', expect.stringMatching(/^\d+$/)]);
  });

  it('does not show a row twice when others arrive while paging', async () => {
    const before = await client.inbound({ text: '{n}', count: 20 });
    const first = (await client.list('limit=10')).body;
    await client.inbound({ text: 'late', count: 7 });
    const second = (await client.list(`limit=10&after=${encodeURIComponent(first.paging.cursors.after)}`)).body;
    expect([...ids(first), ...ids(second)]).toEqual(before.toReversed());
  });

  it('has since and until inclusive, on created_at and not on the timestamp', async () => {
    const [early] = await client.inbound({ text: 'a', createdAt: '2026-11-22T10:00:00Z', timestamp: 1 });
    const [late] = await client.inbound({ text: 'b', createdAt: '2026-11-22T11:00:00Z', timestamp: 1 });
    expect(ids((await client.list('since=2026-11-22T11:00:00Z')).body)).toEqual([late]);
    expect(ids((await client.list('until=2026-11-22T10:00:00Z')).body)).toEqual([early]);
    expect(ids((await client.list('since=2026-11-22T11:00:00.000001Z')).body)).toEqual([]);
    expect((await client.list('since=yesterday')).status).toBe(400);
  });

  it('separates the directions', async () => {
    const [inbound] = await client.inbound({ text: 'in' });
    const outbound = (await client.text('+15551234567', 'out')).body.messages[0].id;
    expect(ids((await client.list('direction=inbound')).body)).toEqual([inbound]);
    expect(ids((await client.list('direction=outbound')).body)).toEqual([outbound]);
  });

  it('gives as much of the kapso block as fields asks for', async () => {
    await client.inbound({ text: 'x' });
    const block = async (query: string) => (await client.list(query)).body.data[0].kapso;
    expect(Object.keys(await block('fields=kapso(default)'))).toContain('contact_name');
    expect(await block('fields=kapso(direction)')).toEqual({ direction: 'inbound' });
    expect(await block('fields=kapso()')).toBeUndefined();
    await client.sim('POST', 'config', { kapsoBlock: false });
    expect(await block('')).toBeUndefined();
  });

  it('knows the minimal paging style, and a last cursor that leads to an empty page', async () => {
    await client.sim('POST', 'config', { paging: 'minimal' });
    await client.inbound({ text: '{n}', count: 2 });
    expect((await client.list('limit=1')).body.paging).toEqual({ cursors: { after: expect.any(String) } });
    expect((await client.list('limit=2')).body.paging).toEqual({ cursors: {} });
    await client.sim('POST', 'config', { endOfList: 'empty-page' });
    expect(await walk('limit=2')).toMatchObject({ pages: 2 });
  });

  it('refuses a cursor that is none', async () => {
    expect((await client.list('after=bm9uc2Vuc2U=')).body).toEqual({ error: 'Invalid cursor' });
  });

  it('can show a row later than its created_at, and give it an older timestamp', async () => {
    await client.sim('POST', 'config', { visibleAfter: 5000, timestampLag: 60_000 });
    await client.inbound({ text: 'slow' });
    expect((await client.list()).body.data).toEqual([]);
    clock.advance(5000);
    expect((await client.list()).body.data[0].timestamp).toBe(String(start / 1000 - 60));
  });

  it('finds one message by its id, escaped as ids have to be', async () => {
    const [id = ''] = await client.inbound({ text: 'one' });
    const found = await client.request('GET', `${client.messages}/${encodeURIComponent(id)}`);
    expect(found.body).toMatchObject({ id, text: { body: 'one' } });
    const other = await client.request('GET', `${client.messages}/wamid.none`);
    expect(other.body.error).toMatchObject({ code: 100, error_subcode: 33 });
  });
});

describe('who may ask', () => {
  it('refuses a missing or wrong key in its own envelope', async () => {
    for (const key of [null, 'wrong']) {
      const reply = await client.request('GET', client.messages, undefined, key);
      expect(reply).toMatchObject({ status: 401, body: { error: 'Invalid or missing API key' } });
    }
  });

  it('does not know another number', async () => {
    expect((await client.request('GET', '/meta/whatsapp/v24.0/123/messages')).status).toBe(404);
  });

  it('names what it does not play, with 501 and never a success', async () => {
    for (const [method, path] of [
      ['GET', '/meta/whatsapp/v24.0/123456/phone_numbers'],
      ['DELETE', '/meta/whatsapp/v24.0/123456'],
      ['DELETE', client.messages],
      ['GET', '/platform/v1/webhook_deliveries'],
      ['GET', '/__sim/nothing'],
    ] as const) {
      const reply = await client.request(method, path);
      expect(reply.status).toBe(501);
      expect(reply.body.message).toContain(`${method} ${path}`);
    }
  });
});
