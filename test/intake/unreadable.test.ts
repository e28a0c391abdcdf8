import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createDelivery } from '../../src/simulator/webhook-delivery.ts';
import { type Life, minute, receiverScene, second, secret } from './receiver-scene.ts';

const scene = receiverScene();
const { begin, deliver, until } = scene;

describe('what cannot be read is logged once', () => {
  const logged = ({ lines }: Life) =>
    lines
      .filter(({ message }) => message.includes('cannot be read'))
      .map(({ fields }) => ('message' in fields ? String(fields.message) : ''))
      .sort();
  const unreadable = (id: string) => ({ ...senderless, id, timestamp: String(Math.floor(scene.clock.now() / second)) });
  const senderless = { type: 'text', from: '', text: { body: 'who?' }, kapso: { direction: 'inbound' } };
  const unreadableDelivery = (id: string) =>
    createDelivery(
      {
        form: 'v2',
        event: 'whatsapp.message.received',
        rows: [unreadable(id)],
        phoneNumberId: scene.sim.phoneNumberId,
      },
      secret,
    );
  const deliverUnreadable = (life: Life, id: string): Promise<number> =>
    fetch(`${life.url}/webhook`, { method: 'POST', ...unreadableDelivery(id) }).then(({ status }) => status);

  it('each, where two deliveries share one commit', async () => {
    const life = await begin({ KAPSO_POLL_CATCH_UP: 'false' });
    await life.ran;
    const commits = () => Number(life.db.prepare('SELECT count(DISTINCT batch) AS found FROM entries').get()?.found);
    // Both requests are in one packet, so that both are stored in one turn of the event loop.
    const packet = ['wamid.1', 'wamid.2'].map(id => {
      const { body, headers } = unreadableDelivery(id);
      const head = Object.entries({ ...headers, host: 'localhost', 'content-length': Buffer.byteLength(body) });
      return `POST /webhook HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
    });
    const socket = connect(Number(new URL(life.url).port), '127.0.0.1', () => socket.write(packet.join('')));
    let answers = '';
    socket.setEncoding('utf8').on('data', text => {
      answers += text;
      if (answers.split('HTTP/1.1 200').length === 3) socket.end();
    });
    await once(socket, 'close');
    expect(commits()).toBe(1);
    expect(logged(life)).toEqual(['unreadable:wamid.1', 'unreadable:wamid.2']);
    expect(await deliverUnreadable(life, 'wamid.1')).toBe(200);
    expect(logged(life)).toEqual(['unreadable:wamid.1', 'unreadable:wamid.2']);
  });

  it('where the pass that read it is given up', async () => {
    const life = await begin({ KAPSO_MODE: 'polling' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    await scene.kapso.inbound({ text: 'm{n}', count: 150 });
    await scene.kapso.inbound({ row: unreadable('wamid.1') });
    await scene.kapso.sim('POST', 'faults', [
      { kind: 'list', do: 'pass', delay: 0, count: 1 },
      { kind: 'list', status: 400, count: 5 },
    ]);
    life.receiver.pollNow();
    for (let refusal = 0; refusal < 4; refusal += 1) {
      await until(() => life.status.polling?.nextAt === null);
      await until(() => typeof life.status.polling?.nextAt === 'number');
      scene.clock.advance(6 * minute);
    }
    await until(() => life.lines.some(({ message }) => message.includes('was given up')));
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(logged(life)).toEqual(['unreadable:wamid.1']);
    scene.clock.advance(6 * minute);
    await until(() => life.status.polling?.lastError === null);
    expect(logged(life)).toEqual(['unreadable:wamid.1']);
  });

  it('where a webhook comes amid the pass that read it', async () => {
    const life = await begin({ KAPSO_POLL_FALLBACK: 'true' });
    await until(() => typeof life.status.polling?.nextAt === 'number');
    await scene.kapso.inbound({ text: 'm{n}', count: 150 });
    await scene.kapso.inbound({ row: unreadable('wamid.polled') });
    await scene.kapso.sim('POST', 'faults', [
      { kind: 'list', do: 'pass', delay: 0, count: 1 },
      { kind: 'list', do: 'pass', delay: 3000, count: 1 },
    ]);
    life.receiver.pollNow();
    await expect.poll(() => scene.clock.pending()).toContain(scene.clock.now() + 3000);
    expect(await deliver(life, { id: 'wamid.DELIVERED' })).toBe(200);
    expect(await deliverUnreadable(life, 'wamid.polled')).toBe(200);
    scene.clock.advance(3000);
    await until(() => typeof life.status.polling?.nextAt === 'number');
    expect(logged(life)).toEqual(['unreadable:wamid.polled']);
  });
});
