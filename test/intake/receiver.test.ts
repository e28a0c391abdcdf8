import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hour, type Life, minute, receiverScene, second, start } from './receiver-scene.ts';

const scene = receiverScene();
const { begin, deliver, end, list, poll, ran, runs, until } = scene;

describe('a message that arrives both ways', () => {
  const distances = [
    ['0 s', 0],
    ['11 min', 11 * minute],
    ['25 h', 25 * hour],
    ['7 d', 7 * 24 * hour],
  ] as const;
  const orders = [
    ['webhook', 'polling'],
    ['polling', 'webhook'],
  ] as const;
  const cases = distances.flatMap(([name, ms]) =>
    orders.flatMap(([first, then]) => [true, false].map(restart => ({ name, ms, first, then, restart }))),
  );

  it.each(cases)('runs once: $first, $name, then $then (restart: $restart)', async ({ ms, first, then, restart }) => {
    let life = await begin({ KAPSO_POLL_FALLBACK: 'true' });
    const arrive = async (way: 'webhook' | 'polling', id: string) => {
      if (way === 'webhook') return expect(await deliver(life, { id, at: start })).toBe(200);
      await list({ id, at: start });
      await poll(life);
    };
    await arrive(first, 'wamid.BOTH');
    await ran('wamid.BOTH');
    if (restart) await end(life);
    scene.clock.advance(ms);
    if (restart) life = await begin({ KAPSO_POLL_FALLBACK: 'true' });
    await arrive(then, 'wamid.BOTH');
    // In the same conversation and by the same source: the earlier messages of the lane have been looked at.
    await arrive(then, 'wamid.AFTER');
    await ran('wamid.AFTER');
    expect(runs()).toEqual(['wamid.BOTH', 'wamid.AFTER']);
  });

  it('at the very same time, in a crowd: one run each', async () => {
    const life = await begin({ KAPSO_POLL_FALLBACK: 'true' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    const ids = Array.from({ length: 150 }, (_, n) => `wamid.CROWD${n}`);
    const messages = ids.map((id, n) => ({ id, phone: `1555000${1000 + (n % 7)}` }));
    for (const message of messages) await list(message);
    const polled = poll(life);
    expect(new Set(await Promise.all(messages.map(message => deliver(life, message))))).toEqual(new Set([200]));
    await polled;
    await ran(...ids);
    expect(runs().sort()).toEqual([...ids].sort());
  });
});

describe('being overdue', () => {
  it.each([
    ['has slept', 3 * hour],
    ['has had its clock set back', -3 * hour],
  ])('is not said of polling on a machine that %s', async (_, shift) => {
    const life = await begin({ KAPSO_MODE: 'polling', KAPSO_POLL_INTERVAL: '300' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    scene.clock.advance(minute);
    scene.clock.set(shift);
    expect(life.receiver.stuck()).toBeNull();
  });
});

describe('the fallback', () => {
  const intervals = async (life: Life, passes: number): Promise<number[]> => {
    const found: number[] = [];
    for (let n = 0; n < passes; n += 1) {
      await until(() => typeof life.status.polling?.nextAt === 'number');
      const wait = Number(life.status.polling?.nextAt) - scene.clock.now();
      found.push(life.status.polling?.interval ?? 0);
      expect(wait).toBeLessThanOrEqual(5 * minute);
      scene.clock.advance(wait);
      await until(() => life.status.polling?.nextAt === null);
    }
    await until(() => typeof life.status.polling?.nextAt === 'number');
    return found;
  };

  it('slows down to five minutes at most while webhooks come, and returns when they missed a message', async () => {
    const life = await begin({ KAPSO_POLL_FALLBACK: 'true', KAPSO_POLL_INTERVAL: '30' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(await intervals(life, 3)).toEqual([30, 30, 30]);
    expect(await deliver(life, { id: 'wamid.PROOF' })).toBe(200);
    await list({ id: 'wamid.PROOF' });
    expect(await intervals(life, 6)).toEqual([30, 60, 120, 240, 270, 270]);

    await list({ id: 'wamid.MISSED' });
    expect(await intervals(life, 2)).toEqual([270, 30]);
    await ran('wamid.MISSED');
  });

  it('does not slow down while deliveries cannot be stored', async () => {
    const life = await begin({ KAPSO_POLL_FALLBACK: 'true' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(await deliver(life, { id: 'wamid.PROOF' })).toBe(200);
    expect(await intervals(life, 2)).toEqual([30, 60]);
    life.db.exec('PRAGMA query_only = ON');
    await life.receiver.tick();
    life.db.exec('PRAGMA query_only = OFF');
    expect(await intervals(life, 2)).toEqual([120, 30]);
  });
});

it('a store that cannot commit is answered 503 and shown by /health, and both go by themselves', async () => {
  const life = await begin();
  await life.ran;
  const health = async () => {
    const response = await fetch(`${life.url}/health`);
    return { ...((await response.json()) as object), status: response.status };
  };
  expect(await health()).toMatchObject({ status: 200 });

  life.db.exec('PRAGMA query_only = ON');
  expect(await deliver(life, { id: 'wamid.1' })).toBe(503);
  expect(await health()).toMatchObject({ status: 503, error: expect.stringContaining('can only be read') });
  await life.receiver.tick();
  expect(await health()).toMatchObject({ status: 503 });
  expect(life.status.webhook?.lastError).toContain('can only be read');

  life.db.exec('PRAGMA query_only = OFF');
  await life.receiver.tick();
  expect(await health()).toMatchObject({ status: 200 });
  expect(await deliver(life, { id: 'wamid.1' })).toBe(200);
  await ran('wamid.1');
  expect(runs()).toEqual(['wamid.1']);
});

it('a public address is said at the start where nothing registers it, with a warning when its path is not served', async () => {
  const said = async (env: Record<string, string>) => {
    const life = await begin(env);
    await end(life);
    return life.lines.filter(({ message }) => /register this|public address/i.test(message));
  };
  const url = 'https://example.com/elsewhere';
  const warning = { level: 'warn', message: expect.stringContaining('"/elsewhere"') };
  const registered = { KAPSO_WEBHOOK_PUBLIC_URL: url, KAPSO_WEBHOOK_REGISTER: 'true' };
  expect(await said({ KAPSO_WEBHOOK_PUBLIC_URL: url })).toMatchObject([
    { level: 'info', message: `Register this webhook URL in Kapso: ${url}` },
    warning,
  ]);
  expect(await said(registered)).toMatchObject([warning]);
});

it('the status tells accepted and refused deliveries, once a second at most', async () => {
  const life = await begin();
  await life.ran;
  expect(await deliver(life, { id: 'wamid.1' })).toBe(200);
  expect(await deliver(life, { id: 'wamid.2' })).toBe(200);
  const signature = createHmac('sha256', 'another secret').update('{}').digest('hex');
  const headers = { 'content-type': 'application/json', 'x-webhook-signature': signature };
  expect((await fetch(`${life.url}/webhook`, { method: 'POST', body: '{}', headers })).status).toBe(401);
  expect(life.status.webhook).toMatchObject({ accepted: 0 });
  scene.clock.advance(second);
  expect(life.status.webhook).toMatchObject({ accepted: 2, rejected: 1, signature: true });
});

it('the status tells what was refused, though nothing was ever accepted', async () => {
  const life = await begin();
  await life.ran;
  for (const path of ['/elsewhere', '/webhook', '/elsewhere']) await fetch(life.url + path);
  // A full round trip: the answers before it are counted.
  await fetch(`${life.url}/health`);
  scene.clock.advance(second);
  expect(life.status.webhook).toMatchObject({ accepted: 0, rejected: 3, refusals: { 403: 1, 404: 2 } });
});
