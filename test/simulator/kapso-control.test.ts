import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { manualClock } from '../manual-clock.ts';
import { kapsoClient } from './kapso-client.ts';

const clock = manualClock(Date.parse('2026-11-22T12:00:00.000Z'));
let kapso: KapsoSimulator;
let client: ReturnType<typeof kapsoClient>;

beforeEach(async () => {
  kapso = await startKapsoSimulator({ clock });
  client = kapsoClient(kapso);
});
afterEach(() => kapso.close());

describe('inbound messages', () => {
  it('come as many as asked, from as many senders as asked, in turn', async () => {
    await client.inbound({ from: '+15550000001', text: 'message {n}', count: 4, senders: 2 });
    const rows = (await client.list('fields=kapso()')).body.data.toReversed();
    expect(rows.map((row: { from: string; text: { body: string } }) => [row.from, row.text.body])).toEqual([
      ['15550000001', 'message 1'],
      ['15550000002', 'message 2'],
      ['15550000001', 'message 3'],
      ['15550000002', 'message 4'],
    ]);
  });

  it('can be whole rows', async () => {
    const row = { id: 'wamid.A', timestamp: '1780000001', type: 'image', from: '15550104477', image: { id: '1' } };
    expect(await client.inbound({ rows: [row] })).toEqual(['wamid.A']);
    expect((await client.list()).body.data).toEqual([row]);
  });

  it('can be of any type that Meta has', async () => {
    const message = { type: 'revoke', revoke: { original_message_id: 'wamid.A' } };
    await client.inbound({ id: 'wamid.B', from: '+15550104477', timestamp: 1780000001, message });
    await client.inbound({ id: 'wamid.C', message: { type: 'system', system: { body: 'x' } }, content: 'x' });
    const { data } = (await client.list()).body;
    expect(data).toMatchObject([
      { id: 'wamid.C', type: 'system', kapso: { content: 'x' } },
      { id: 'wamid.B', type: 'revoke', from: '15550104477', timestamp: '1780000001', revoke: message.revoke },
    ]);
    expect(data[1].kapso).not.toHaveProperty('content');
  });

  it('are refused when the id is known, or the request makes no sense', async () => {
    await client.inbound({ id: 'wamid.A', text: 'x' });
    for (const body of [
      { id: 'wamid.A', text: 'x' },
      { text: 7 },
      { text: 'x', from: 'Bob' },
      { row: {} },
      { text: 'x', count: 0 },
      { message: {} },
    ]) {
      expect((await client.sim('POST', 'inbound', body)).status).toBe(400);
    }
    expect((await client.list()).body.data).toHaveLength(1);
  });
});

describe('faults', () => {
  it('answer in the place of the service, as often as said', async () => {
    await client.sim('POST', 'faults', { kind: 'list', status: 502, body: 'Bad Gateway', count: 2 });
    expect(await client.list()).toMatchObject({ status: 502, body: 'Bad Gateway' });
    expect((await client.text('15551234567', 'x')).status).toBe(200);
    expect((await client.list()).status).toBe(502);
    expect((await client.list()).status).toBe(200);
  });

  it('carry headers', async () => {
    await client.sim('POST', 'faults', {
      kind: 'send',
      status: 429,
      body: { error: 'x' },
      headers: { 'Retry-After': '7' },
    });
    expect((await client.text('15551234567', 'x')).headers.get('retry-after')).toBe('7');
  });

  it('reset the connection before anything is done', async () => {
    await client.sim('POST', 'faults', { kind: 'send', do: 'reset' });
    await expect(client.text('15551234567', 'x')).rejects.toThrow();
    expect(kapso.sent()).toEqual([]);
  });

  it('send and then break the connection, so that the sender cannot know', async () => {
    await client.sim('POST', 'faults', { kind: 'send', do: 'drop-after-commit' });
    await expect(client.text('15551234567', 'x')).rejects.toThrow();
    expect(kapso.sent()).toMatchObject([{ text: 'x' }]);
  });

  it('send some time after the connection was reset', async () => {
    await client.sim('POST', 'faults', { kind: 'send', do: 'reset', actAfter: 11_500 });
    await expect(client.text('15551234567', 'x')).rejects.toThrow();
    clock.advance(11_499);
    expect(kapso.sent()).toEqual([]);
    clock.advance(1);
    await expect.poll(() => kapso.sent()).toMatchObject([{ text: 'x' }]);
  });

  it('send at once, and answer that it failed', async () => {
    await client.sim('POST', 'faults', { kind: 'send', status: 504, actAfter: 0 });
    expect((await client.text('15551234567', 'x')).status).toBe(504);
    expect(kapso.sent()).toMatchObject([{ text: 'x' }]);
  });

  it('concern the sends to one recipient', async () => {
    await client.sim('POST', 'faults', { kind: 'send', to: '+15551234567', status: 500 });
    expect((await client.text('15550000000', 'x')).status).toBe(200);
    expect((await client.text('15551234567', 'x')).status).toBe(500);
  });

  it('never answer', async () => {
    await client.sim('POST', 'faults', { kind: 'list', do: 'hang' });
    const asked = client.list().catch(() => 'broken');
    expect((await client.sim('GET', 'wait?for=list&count=1')).status).toBe(200);
    await kapso.close();
    expect(await asked).toBe('broken');
    kapso = await startKapsoSimulator({ clock });
  });

  it('answer late', async () => {
    await client.sim('POST', 'faults', { kind: 'list', delay: 5000 });
    const asked = client.list();
    await expect.poll(() => clock.pending().length).toBe(1);
    clock.advance(5000);
    expect((await asked).status).toBe(200);
  });

  it('are cleared, and are refused when they say nothing', async () => {
    await client.sim('POST', 'faults', { kind: 'list', status: 500, count: 9 });
    await client.sim('DELETE', 'faults');
    expect((await client.list()).status).toBe(200);
    const late = [
      { do: 'pass', actAfter: 1 },
      { do: 'reset', actAfter: -1 },
    ];
    for (const fault of [{}, { kind: 'lists', status: 500 }, { do: 'explode' }, ...late]) {
      expect((await client.sim('POST', 'faults', fault)).status).toBe(400);
    }
  });
});

describe('the rate limit', () => {
  it('counts in a fixed minute and says so in headers', async () => {
    await client.sim('POST', 'config', { rateLimit: 2 });
    const first = await client.list();
    expect([first.headers.get('x-ratelimit-limit'), first.headers.get('x-ratelimit-remaining')]).toEqual(['2', '1']);
    await client.list();
    const refused = await client.list();
    expect(refused).toMatchObject({ status: 429, body: { error: 'Rate limit exceeded' } });
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    clock.advance(60_000);
    expect((await client.list()).status).toBe(200);
  });
});

describe('what can be seen', () => {
  it('logs requests with header names and never the key', async () => {
    await client.list('direction=inbound');
    await client.text('15551234567', 'x');
    const { body } = await client.sim('GET', 'requests');
    expect(body.requests).toMatchObject([
      { kind: 'list', method: 'GET', query: { direction: 'inbound' }, status: 200 },
      { kind: 'send', method: 'POST', status: 200 },
    ]);
    expect(body.requests[0].headers).toContain('x-api-key');
    expect(body.counts).toMatchObject({ list: 1, send: 1, requests: 2 });
    expect(JSON.stringify(body)).not.toContain(kapso.apiKey);
  });

  it('waits for an event, and gives up after the timeout', async () => {
    const waiting = client.sim('GET', 'wait?for=sent&count=2&timeout=60000');
    await client.text('15551234567', 'a');
    await client.text('15551234567', 'b');
    expect(await waiting).toMatchObject({ status: 200, body: { for: 'sent', count: 2 } });
    const late = client.sim('GET', 'wait?for=sent&count=3&timeout=1000');
    await expect.poll(() => clock.pending().length).toBe(1);
    clock.advance(1000);
    expect(await late).toMatchObject({ status: 408, body: { count: 2 } });
  });

  it('has its clock in the Date header, with the offset it was told', async () => {
    await client.sim('POST', 'config', { clockOffset: 3_600_000 });
    const date = (await client.list()).headers.get('date') ?? '';
    expect(Date.parse(date)).toBe(Math.floor((clock.now() + 3_600_000) / 1000) * 1000);
  });

  it('refuses a setting that does not exist', async () => {
    const reply = await client.sim('POST', 'config', { ordr: 'newest-first' });
    expect(reply.body.message).toContain('there is no setting ordr');
    expect((await client.sim('POST', 'config', { order: 'random' })).status).toBe(400);
  });
});

describe('what became of a sent text', () => {
  it('is in the list, with its history, also after a restart', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sim-status-'));
    const own = { clock, stateFile: join(dir, 'kapso.jsonl') };
    const first = await startKapsoSimulator(own);
    const { text, sim } = kapsoClient(first);
    const id: string = (await text('+15550104477', 'hello')).body.messages[0].id;
    await sim('POST', 'status', { id, status: 'delivered' });
    await sim('POST', 'status', { id, status: 'failed', code: 131026, title: 'Undeliverable' });
    await first.close();
    const second = await startKapsoSimulator(own);
    const [row] = (await kapsoClient(second).list('direction=outbound')).body.data;
    await second.close();
    rmSync(dir, { recursive: true });
    const status = { id, timestamp: String(Math.floor(clock.now() / 1000)), recipient_id: '15550104477' };
    expect(row.kapso).toMatchObject({
      status: 'failed',
      statuses: [
        { ...status, status: 'delivered' },
        { ...status, status: 'failed', errors: [{ code: 131026, title: 'Undeliverable' }] },
      ],
    });
  });

  it('is refused for a message that was not sent, and for a status that does not exist', async () => {
    const [received] = await client.inbound({ text: 'x' });
    const sent: string = (await client.text('+15550104477', 'hello')).body.messages[0].id;
    for (const body of [
      { id: received, status: 'read' },
      { id: 'x', status: 'read' },
      { id: sent, status: 'seen' },
    ]) {
      expect((await client.sim('POST', 'status', body)).status).toBe(400);
    }
  });
});
